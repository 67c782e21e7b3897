import { SseReader, type JsonObject } from '@offpeak/dialects';
import type { Receipt } from '../receipt.ts';
import type { Services } from '../services.ts';
import { itemsOf } from './history.ts';
import type { KeptThere } from './kept-there.ts';

/** A larger conversation is not kept: continuing it would not fit into a request either. */
export const STORED_CHARS_MAX: number = 16 * 1024 * 1024;

/** Keeps the answers of one request that asked for it, once they are whole. */
export class Keeper {
  readonly #services: Services;
  readonly #receipt: Receipt;
  /** The request's body with all that led up to it. */
  readonly #body: Buffer;

  constructor(services: Services, receipt: Receipt, body: Buffer) {
    this.#services = services;
    this.#receipt = receipt;
    this.#body = body;
  }

  /** An answer that was written here; `bytes` hold it, alone or as the last event of a stream. */
  keepAnswer(bytes: Buffer): void {
    const answer = answerIn(bytes, this.#receipt.stream);
    if (answer === null) return;
    const { input } = JSON.parse(this.#body.toString('utf8')) as JsonObject;
    const kept = { answer: JSON.stringify(answer), input: JSON.stringify(itemsOf(input)) };
    if (kept.answer.length + kept.input.length > STORED_CHARS_MAX) return;
    this.#put(answer.id, kept);
  }

  /** An answer that its provider keeps. */
  keepReference({ id, items }: KeptThere, upstream: string): void {
    this.#put(id, { upstream }, items);
  }

  #put(
    id: string,
    kept: { upstream: string } | { answer: string; input: string },
    items: readonly string[] = [],
  ): void {
    const { store, config } = this.#services;
    const createdAt = Date.now();
    const expiresAt = createdAt + config.responses.keepMs;
    const { project } = this.#receipt.identity;
    store.putResponse({ id, project, createdAt, expiresAt, kept, items }).catch((error: unknown) => {
      this.#services.reportFault(error, this.#receipt.id);
    });
  }
}

/** The whole answer in the events that end its stream, or in the body that it is. */
function answerIn(bytes: Buffer, stream: boolean): { readonly id: string } | null {
  const texts = stream ? new SseReader().push(bytes) : [bytes.toString('utf8')];
  for (const text of texts.toReversed()) {
    const value = JSON.parse(text) as { id?: unknown; response?: { id?: unknown } };
    const answer = stream ? value.response : value;
    if (typeof answer?.id === 'string') return answer as { id: string };
  }
  return null;
}
