import type { StreamRewriter } from '../dialect.ts';
import { eventData, eventEnd } from '../sse/frame.ts';

const NOTHING = Buffer.alloc(0);

/** Before the first element, and between two. */
const OPENING = '[';
const BETWEEN = '\n,\n';
const CLOSING = '\n]\n';

/**
 * A stream for who did not ask for events: one JSON array that grows, an element for each event. How much an event may have in it is for
 * those to judge who read it before; here it only waits until it is whole.
 */
export class ArrayStream implements StreamRewriter {
  #carry: Buffer = NOTHING;
  #begun = false;

  push(events: Buffer): Buffer {
    const input = this.#carry.length === 0 ? events : Buffer.concat([this.#carry, events]);
    let text = '';
    let start = 0;
    for (let end = eventEnd(input, start); end >= 0; end = eventEnd(input, start)) {
      text += this.#element(eventData(input, start, end));
      start = end;
    }
    // A copy: a view would keep the whole network buffer alive for as long as the event is incomplete.
    this.#carry = start === input.length ? NOTHING : Buffer.from(input.subarray(start));
    return text === '' ? NOTHING : Buffer.from(text);
  }

  end(last?: Buffer): Buffer {
    // Of an event that broke off nothing can be told.
    this.#carry = NOTHING;
    const rest = last === undefined ? NOTHING : this.push(last);
    return Buffer.concat([rest, Buffer.from(this.#begun ? CLOSING : OPENING + CLOSING)]);
  }

  #element(data: string | null): string {
    if (data === null || data === '') return '';
    const before = this.#begun ? BETWEEN : OPENING;
    this.#begun = true;
    return before + data;
  }
}
