import { SSE } from '../sse/form.ts';
import { eventData, eventEnd } from '../sse/frame.ts';
import { EVENT_BYTES_MAX, EventTooLarge } from '../sse/reader.ts';
import { Unfinished } from '../sse/unfinished.ts';
import type { Failure } from '../canonical/answer.ts';
import type { Extra, Usage } from '../dialect.ts';
import { withExtras } from '../extras.ts';
import { GroqMarks } from '../groq/stream-marks.ts';
import { isObject } from './accumulate.ts';
import { streamFailure } from './codec/failure.ts';
import { chatExtrasOf } from './charged-tools.ts';
import { carriesToken, type ChunkChoice } from './chunk.ts';
import { Finishes } from './finishes.ts';
import { usageOf } from './usage.ts';

const LF = 10;
const OPEN_BRACE = 123;
const PREFIX = 'data: {';
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const F = 102;
const L = 108;
const N = 110;
/** Of `":null`. */
const NULL_MEMBER_END = 6;
/** Of `"finish_reason`, its quote included. */
const FINISH_NAME_BYTES = 14;
const NAME_BYTES_MAX = 32;
const MEMBERS_BEHIND_MAX = 4;

/** The parts of a chunk that the relay reads, on the few events that it parses. */
interface Chunk {
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
  /** Groq's place for the usage and for a failure of a stream. */
  readonly x_groq?: { readonly usage?: unknown; readonly error?: unknown } | null;
  service_tier?: unknown;
}

/**
 * What an unfinished choice looks like in JSON without spaces, and what must not stand in its chunk. Nobody can write these bytes into
 * a text: a quote inside a string has a backslash before it.
 */
const UNFINISHED: Buffer = Buffer.from('"finish_reason":null');
const TELLING: readonly Buffer[] = [
  '"finish_reason":"',
  '"usage":{',
  '"error":',
  '"executed_tools":[',
  '"annotations":[{',
].map((text) => Buffer.from(text));

/**
 * Relays an engine's chat or completion stream to a client of the same dialect: bytes in, bytes out, with the served tier
 * written into every chunk.
 *
 * The ordinary event of a stream, one token in a chunk object that ends in `null}]}` (its choice, unfinished), is recognised by
 * its first and last bytes and never parsed. Everything else, the first event, the finish, the usage block, errors, and the
 * events of engines that order members otherwise, is parsed. Whether a member `service_tier` has to be replaced instead of
 * inserted is learned from the first event: an engine writes all its chunks alike.
 *
 * A provider's stream keeps the tier that the provider wrote: with `tierWord` null nothing is written, and the word is read instead.
 */
export class StreamRelay {
  /** Chunks that carried a token: what progress is counted in until the usage block gives the exact number. */
  tokens = 0;
  usage: Usage | null = null;
  /** The error object of an engine that failed inside its stream. That event is not passed on. */
  error: unknown = null;
  /** The end marker came. */
  marked = false;

  /** The upstream's own word for the tier. Read only where it is kept. */
  tierWord: string | undefined;

  readonly #insert: Buffer;
  readonly #word: string | null;
  readonly #passUsage: boolean;
  readonly #finishes: Finishes;
  #marks: GroqMarks | null;
  readonly #unfinished = new Unfinished();
  /** What a provider has charged for beside the tokens. */
  #extras: readonly Extra[] = [];
  #mode: 'first' | 'insert' | 'replace' | 'keep' = 'first';

  /**
   * `passUsage`: the client asked for the usage chunk; otherwise it is read here and taken out. `choices`: how many were asked for.
   * `groqId`: what a client of Groq's wire is to be told as the request's id.
   */
  constructor(tierWord: string | null, passUsage: boolean, choices: number = 1, groqId?: string) {
    this.#finishes = new Finishes(choices);
    this.#marks = groqId === undefined ? null : new GroqMarks(groqId);
    this.#word = tierWord;
    this.#passUsage = passUsage;
    this.#insert = tierWord === null ? NOTHING : insertOf(tierWord);
  }

  /** The same error, understood. */
  get failure(): Failure | null {
    return this.error === null ? null : streamFailure(this.error);
  }

  /** Nothing of the answer is missing, with or without the marker. */
  get whole(): boolean {
    return this.marked || this.#finishes.all;
  }

  /** What is still owed of a stream that ended without its marker. */
  get rest(): string {
    return this.#marks?.rest() ?? '';
  }

  /**
   * What to write for these bytes, or null when nothing is complete yet. `head` and `tail` bytes are left free around the
   * result for the caller's own framing.
   */
  push(chunk: Buffer, head: number, tail: number): Buffer | null {
    const input = this.#unfinished.with(chunk, SSE.mayEnd);
    if (input === null) {
      this.#checkSize();
      return null;
    }
    const only = input.indexOf(LF);
    if (only === input.length - 2 && this.#isOrdinary(input, 0, only)) return this.#single(input, head, tail);
    return this.#several(input, head, tail);
  }

  /** By far the most usual call: one network chunk is one event with one token. */
  #single(input: Buffer, head: number, tail: number): Buffer {
    this.tokens += 1;
    const insert = this.#insert;
    const grown = insert.length - PREFIX.length;
    const out = Buffer.allocUnsafe(head + input.length + grown + tail);
    insert.copy(out, head);
    input.copy(out, head + insert.length, PREFIX.length);
    return out;
  }

  #several(input: Buffer, head: number, tail: number): Buffer | null {
    const pieces: Buffer[] = [];
    let size = 0;
    let start = 0;
    while (start < input.length) {
      const lf = input.indexOf(LF, start);
      let end = lf >= 0 && input[lf + 1] === LF ? lf + 2 : eventEnd(input, start);
      if (end < 0) break;
      let piece: Buffer | null;
      if (this.#isOrdinary(input, start, lf)) {
        // Runs of ordinary events are frequent when the engine outpaces the reads; each is two pieces, no parse.
        this.tokens += 1;
        pieces.push(this.#insert);
        size += this.#insert.length;
        piece = input.subarray(start + PREFIX.length, end);
      } else if (this.#mode === 'keep' && tellsNothing(input.subarray(start, end))) {
        this.tokens += 1;
        piece = input.subarray(start, end);
      } else {
        // A keep-alive blank line between events belongs to the event before it.
        while (end < input.length && input[end] === LF) end += 1;
        piece = this.#parsed(input, start, end);
      }
      if (piece !== null) {
        pieces.push(piece);
        size += piece.length;
      }
      start = end;
    }
    if (start < input.length) {
      this.#unfinished.keep(input.subarray(start));
      this.#checkSize();
    }
    if (size === 0) return null;
    const out = Buffer.allocUnsafe(head + size + tail);
    let at = head;
    for (const piece of pieces) at += piece.copy(out, at);
    return out;
  }

  #checkSize(): void {
    if (this.#unfinished.size > EVENT_BYTES_MAX) throw new EventTooLarge();
  }

  /** `data: {` ... `null}]}`, with the line feed at `lf`, in a stream whose first event was already seen. */
  #isOrdinary(input: Buffer, start: number, lf: number): boolean {
    return (
      this.#mode === 'insert' &&
      lf - start > PREFIX.length &&
      input[start] === 100 &&
      input[start + 4] === 58 &&
      input[start + 5] === 32 &&
      input[start + 6] === OPEN_BRACE &&
      input[lf + 1] === LF &&
      input[lf - 1] === 125 &&
      input[lf - 2] === 93 &&
      input[lf - 3] === 125 &&
      input[lf - 4] === 108 &&
      endsUnfinished(input, lf)
    );
  }

  #parsed(input: Buffer, start: number, end: number): Buffer | null {
    const data = eventData(input, start, end);
    // A sign of life before the first event is no reason to commit the client's answer: the engine may still fail.
    if (data === null) return this.#mode === 'first' ? null : input.subarray(start, end);
    if (data === '[DONE]') {
      this.marked = true;
      const { rest } = this;
      return rest === '' ? input.subarray(start, end) : Buffer.concat([Buffer.from(rest), input.subarray(start, end)]);
    }
    const chunk = chunkOf(data);
    const error = chunk.error ?? chunk.x_groq?.error;
    if (error !== undefined && error !== null) {
      this.error = error;
      return null;
    }
    if (this.#mode === 'first') this.#begin(chunk);
    const choices = Array.isArray(chunk.choices) ? (chunk.choices as readonly (ChunkChoice | null)[]) : [];
    for (const choice of choices) {
      if (choice === null) continue;
      this.#finishes.note(choice);
      if (carriesToken(choice)) this.tokens += 1;
    }
    const usage = usageOf(chunk.usage) ?? usageOf(chunk.x_groq?.usage);
    if (this.#word === null && this.#extras.length === 0) this.#extras = chatExtrasOf(input.subarray(start, end));
    if (usage !== null) this.usage = withExtras(usage, this.#extras);
    const isPassed = usage === null || this.#passUsage || choices.length > 0;
    if (this.#marks !== null) {
      const event = isPassed ? this.#dressed(chunk, input, start, end).toString('utf8') : null;
      const text = this.#marks.take(event, chunk, usage === null ? null : (chunk.usage as object));
      // What comes after a finish decides whether that goes with usage or without, so it is looked at.
      if (text === '' && isPassed) this.#mode = 'replace';
      return text === '' ? null : Buffer.from(text);
    }
    return isPassed ? this.#dressed(chunk, input, start, end) : null;
  }

  /** The event with the tier in it. */
  #dressed(chunk: Chunk, input: Buffer, start: number, end: number): Buffer {
    if (this.#word === null) {
      if (typeof chunk.service_tier === 'string') this.tierWord = chunk.service_tier;
      return input.subarray(start, end);
    }
    // Something must stand behind what is inserted, or the comma after it is one too many.
    const opensPlainly =
      chunk.choices !== undefined && input.toString('latin1', start, start + PREFIX.length) === PREFIX;
    if (this.#mode === 'insert' && opensPlainly && !('service_tier' in chunk)) {
      return Buffer.concat([this.#insert, input.subarray(start + PREFIX.length, end)]);
    }
    chunk.service_tier = this.#word;
    return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
  }

  #begin(chunk: Chunk): void {
    // An upstream that speaks Groq's wire itself says all that is to be said.
    if (isObject(chunk.x_groq)) this.#marks = null;
    if (this.#word === null) this.#mode = 'keep';
    else this.#mode = 'service_tier' in chunk ? 'replace' : 'insert';
  }
}

function chunkOf(data: string): Chunk {
  const chunk: unknown = JSON.parse(data);
  if (!isObject(chunk)) throw new SyntaxError('a stream event is not an object');
  return chunk as Chunk;
}

/**
 * Whether the choice that ends before `}]}` is unfinished. Engines write more about it behind `finish_reason` (vLLM `token_ids`, SGLang
 * `matched_stop`); over members that are null this steps back, one after another.
 */
function endsUnfinished(input: Buffer, lf: number): boolean {
  let end = lf - 3;
  for (let members = 0; members < MEMBERS_BEHIND_MAX; members += 1) {
    const nameEnd = end - NULL_MEMBER_END;
    if (input[end - 1] !== L || input[nameEnd] !== QUOTE || input[nameEnd + 1] !== COLON) return false;
    let nameStart = nameEnd - 1;
    while (input[nameStart] !== QUOTE && nameEnd - nameStart < NAME_BYTES_MAX) nameStart -= 1;
    // No other member of a choice has a name of this length with these letters.
    if (nameEnd - nameStart === FINISH_NAME_BYTES && input[nameStart + 1] === F) return input[nameEnd - 1] === N;
    if (input[nameStart - 1] !== COMMA) return false;
    end = nameStart - 1;
  }
  return false;
}

function tellsNothing(event: Buffer): boolean {
  return event.includes(UNFINISHED) && !TELLING.some((bytes) => event.includes(bytes));
}

const NOTHING: Buffer = Buffer.alloc(0);

/** One buffer per word, shared by all streams: a dialect has a handful of them. */
const INSERTS = new Map<string, Buffer>();

function insertOf(tierWord: string): Buffer {
  let insert = INSERTS.get(tierWord);
  if (insert === undefined) {
    insert = Buffer.from(`${PREFIX}"service_tier":${JSON.stringify(tierWord)},`);
    INSERTS.set(tierWord, insert);
  }
  return insert;
}
