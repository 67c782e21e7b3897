import type { ServerResponse } from 'node:http';

/** What one slow reader may leave unread beyond the socket's own buffer before it is cut off. */
export const unreadBytesMax: number = 1024 * 1024;

/**
 * Server-sent events to one client. When the socket stops taking bytes, events are kept here and written together
 * when it drains; a reader that leaves more than `unreadBytesMax` is disconnected.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #unread: string[] = [];
  #unreadBytes = 0;
  #blocked = false;
  #ending = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    response.flushHeaders();
    response.on('drain', () => this.#drain());
  }

  send(json: string): void {
    this.#write(`data: ${json}\n\n`);
  }

  end(): void {
    this.#write('data: [DONE]\n\n');
    this.close();
  }

  /** Ends the response without the closing mark. */
  close(): void {
    this.#ending = true;
    if (!this.#blocked) this.#response.end();
  }

  #write(text: string): void {
    if (!this.#blocked) {
      this.#blocked = !this.#response.write(text);
      return;
    }
    this.#unread.push(text);
    this.#unreadBytes += text.length;
    if (this.#unreadBytes > unreadBytesMax) this.#response.destroy();
  }

  #drain(): void {
    this.#blocked = false;
    if (this.#unread.length > 0) {
      const text = this.#unread.join('');
      this.#unread.length = 0;
      this.#unreadBytes = 0;
      this.#blocked = !this.#response.write(text);
    }
    if (this.#ending && !this.#blocked) this.#response.end();
  }
}
