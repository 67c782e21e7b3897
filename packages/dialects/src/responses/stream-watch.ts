import type { Failure } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { StreamWatcher } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import { withExtras } from '../extras.ts';
import { isObject } from '../openai/accumulate.ts';
import { streamFailure } from '../openai/codec/failure.ts';
import { parseEvent } from '../openai/codec/stream-decode.ts';
import { SSE } from '../sse/form.ts';
import { eventData, eventEnd } from '../sse/frame.ts';
import { FORWARDED_EVENT_BYTES_MAX } from '../sse/reader.ts';
import { Unfinished } from '../sse/unfinished.ts';
import { extrasIn, responsesUsageOf } from './usage.ts';

const DELTA: Buffer = Buffer.from('.delta"');
/**
 * What stands in the events that tell something beyond the answer's words. Nobody can write these bytes into a text: a quote inside a
 * string has a backslash before it. Only these events are parsed, a few a stream, and all those of a server that writes spaces into its JSON.
 */
const TELLING: readonly Buffer[] = ['"response":{', '"type":"error"', '"error":{', '": {', '": "'].map((text) =>
  Buffer.from(text),
);

export class ResponsesStreamWatcher implements StreamWatcher {
  tokens = 0;
  usage: Usage | null = null;
  tierWord: string | undefined;
  failure: Failure | null = null;
  marked = false;

  readonly #unfinished = new Unfinished();

  /** The last event has everything; there is no other mark. */
  get whole(): boolean {
    return this.marked;
  }

  push(bytes: Buffer): void {
    const input = this.#unfinished.with(bytes, SSE.mayEnd);
    if (input !== null) this.#events(input);
    if (this.#unfinished.size > FORWARDED_EVENT_BYTES_MAX) {
      throw new Garbled(`a stream event is larger than ${FORWARDED_EVENT_BYTES_MAX} bytes`);
    }
  }

  #events(input: Buffer): void {
    let start = 0;
    for (let end = eventEnd(input, start); end >= 0; end = eventEnd(input, start)) {
      this.#event(input, start, end);
      start = end;
    }
    if (start < input.length) this.#unfinished.keep(input.subarray(start));
  }

  #event(input: Buffer, start: number, end: number): void {
    const event = input.subarray(start, end);
    if (event.includes(DELTA)) this.tokens += 1;
    if (!TELLING.some((bytes) => event.includes(bytes))) return;
    const data = eventData(input, start, end);
    if (data === null || data === '' || data === '[DONE]') return;
    const { type, response, error, ...rest } = parseEvent(data);
    if (type === 'error' || (isObject(error) && typeof type !== 'string')) {
      this.failure = streamFailure(isObject(error) ? error : rest);
      return;
    }
    if (typeof type !== 'string' || !isObject(response)) return;
    this.usage = withExtras(responsesUsageOf(response['usage']), extrasIn(response)) ?? this.usage;
    if (type === 'response.failed') this.failure = streamFailure(response['error']);
    if (type !== 'response.completed' && type !== 'response.incomplete') return;
    this.marked = true;
    // Until then the tier is the one that was asked for.
    if (typeof response['service_tier'] === 'string') this.tierWord = response['service_tier'];
  }
}
