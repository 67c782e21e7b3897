import { SSE } from './form.ts';
import { eventData, eventEnd } from './frame.ts';
import { Unfinished } from './unfinished.ts';

/** An engine that never ends an event would otherwise fill memory. */
export const EVENT_BYTES_MAX: number = 4 * 1024 * 1024;

/** The same for streams that are forwarded as they are: one event may hold a picture that a model made, as base64. */
export const FORWARDED_EVENT_BYTES_MAX: number = 32 * 1024 * 1024;

export class EventTooLarge extends Error {
  constructor() {
    super(`a stream event is larger than ${EVENT_BYTES_MAX} bytes`);
    this.name = 'EventTooLarge';
  }
}

/** Cuts a byte stream into the data of its server-sent events. For streams whose every event is looked at. */
export class SseReader {
  readonly #unfinished = new Unfinished();

  push(chunk: Buffer): string[] {
    const input = this.#unfinished.with(chunk, SSE.mayEnd);
    const found = input === null ? [] : this.#events(input);
    if (this.#unfinished.size > EVENT_BYTES_MAX) throw new EventTooLarge();
    return found;
  }

  #events(input: Buffer): string[] {
    const found: string[] = [];
    let start = 0;
    for (;;) {
      const end = eventEnd(input, start);
      if (end < 0) break;
      const data = eventData(input, start, end);
      if (data !== null) found.push(data);
      start = end;
    }
    if (start < input.length) this.#unfinished.keep(input.subarray(start));
    return found;
  }
}
