import type { Failure } from '../../canonical/answer.ts';
import { Garbled } from '../../canonical/feature.ts';
import type { StreamWatcher } from '../../codec.ts';
import type { Usage } from '../../dialect.ts';
import { EventTooLarge } from '../../sse/reader.ts';
import { StreamRelay } from '../stream-relay.ts';

/** The relay of chat streams, told to change nothing. */
export class ChatStreamWatcher implements StreamWatcher {
  readonly #relay = new StreamRelay(null, true);

  push(bytes: Buffer): void {
    try {
      this.#relay.push(bytes, 0, 0);
    } catch (error) {
      if (error instanceof EventTooLarge || error instanceof SyntaxError) throw new Garbled(error.message);
      throw error;
    }
  }

  get tokens(): number {
    return this.#relay.tokens;
  }

  get usage(): Usage | null {
    return this.#relay.usage;
  }

  get tierWord(): string | undefined {
    return this.#relay.tierWord;
  }

  get failure(): Failure | null {
    return this.#relay.failure;
  }

  get marked(): boolean {
    return this.#relay.marked;
  }

  get whole(): boolean {
    return this.#relay.whole;
  }
}
