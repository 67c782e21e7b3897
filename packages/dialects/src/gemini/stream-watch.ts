import type { Failure } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { StreamWatcher, WireHeaders } from '../codec.ts';
import type { Extra, Usage } from '../dialect.ts';
import { withExtras } from '../extras.ts';
import { SSE } from '../sse/form.ts';
import { eventData, eventEnd } from '../sse/frame.ts';
import { FORWARDED_EVENT_BYTES_MAX } from '../sse/reader.ts';
import { Unfinished } from '../sse/unfinished.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { candidatesOf, isBlocked } from './answer-decode.ts';
import { streamFailure } from './failure.ts';
import { parseChunk } from './stream-decode.ts';
import { TIER_HEADER } from './tiers.ts';
import { groundingIn, readTierWord, readUsage } from './usage.ts';

const LF = 10;
const CR = 13;
const ZERO = 48;
const NINE = 57;

const BEGINNING = Buffer.from('data: {"candidates"');
/** Inside a string these quotes are escaped, so that no text is taken for them. */
const FINISH = Buffer.from('"finishReason"');
const ANSWERED = Buffer.from('"candidatesTokenCount"');
const THOUGHT = Buffer.from('"thoughtsTokenCount"');

/**
 * The ordinary chunk begins with its candidates and has no finish in it; all that is read of it are the two counts at its end. The first
 * chunk, those that finish a candidate, and everything that begins otherwise, errors among them, are parsed.
 */
export class GeminiStreamWatcher implements StreamWatcher {
  tokens = 0;
  usage: Usage | null = null;
  tierWord: string | undefined;
  failure: Failure | null = null;
  /** The wire has no end mark. */
  readonly marked = false;

  readonly #unfinished = new Unfinished();
  #extras: readonly Extra[] = [];
  #first = true;
  #finished = false;
  /** A candidate went on after another one finished. */
  #open = false;

  constructor(headers: WireHeaders) {
    this.tierWord = headers[TIER_HEADER];
  }

  get whole(): boolean {
    return this.#finished && !this.#open;
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
    for (;;) {
      while (input[start] === LF || input[start] === CR) start += 1;
      const end = eventEnd(input, start);
      if (end < 0) break;
      this.#event(input.subarray(start, end));
      start = end;
    }
    if (start < input.length) this.#unfinished.keep(input.subarray(start));
  }

  #event(event: Buffer): void {
    if (this.#extras.length === 0) this.#extras = groundingIn(event);
    const isOrdinary = !this.#first && beginsWith(event, BEGINNING) && !event.includes(FINISH);
    if (isOrdinary) {
      this.#open = true;
      this.#count(numberAfter(event, ANSWERED) + numberAfter(event, THOUGHT));
      return;
    }
    const data = eventData(event, 0, event.length);
    if (data === null || data === '') return;
    this.#first = false;
    this.#parsed(parseChunk(data));
  }

  /** Chunks bring several tokens each, and mostly say how many there are by now. */
  #count(told: number): void {
    this.tokens = Math.max(this.tokens + 1, told);
  }

  #parsed(chunk: JsonObject): void {
    const { error, usageMetadata } = chunk;
    if (error !== undefined && error !== null) {
      this.failure = streamFailure(error);
      return;
    }
    this.tierWord = readTierWord(usageMetadata) ?? this.tierWord;
    const candidates = candidatesOf(chunk);
    const finished = candidates.filter(({ finishReason }) => typeof finishReason === 'string');
    if (finished.length > 0 || isBlocked(chunk)) this.#finished = true;
    if (candidates.length > 0) this.#open = finished.length < candidates.length;
    const usage = readUsage(usageMetadata);
    if (usage !== null && this.#finished) this.usage = withExtras(usage, this.#extras);
    if (candidates.length > 0) this.#count(usage?.output ?? 0);
  }
}

function beginsWith(event: Buffer, beginning: Buffer): boolean {
  return event.length > beginning.length && event.compare(beginning, 0, beginning.length, 0, beginning.length) === 0;
}

/** The number that the last member of this name has, or 0. */
function numberAfter(event: Buffer, name: Buffer): number {
  const found = event.lastIndexOf(name);
  if (found < 0) return 0;
  let at = found + name.length;
  while (at < event.length && (event[at]! < ZERO || event[at]! > NINE)) {
    if (event[at] !== 32 && event[at] !== 58) return 0;
    at += 1;
  }
  let value = 0;
  for (; at < event.length && event[at]! >= ZERO && event[at]! <= NINE; at += 1) value = value * 10 + event[at]! - ZERO;
  return Number.isSafeInteger(value) ? value : 0;
}
