import type { StreamPart } from './answer.ts';
import { Garbled } from './feature.ts';
import { JsonEnd } from './json-end.ts';

/** So much may wait for a call to end. With more, the call is taken for ended: what comes of it later is refused. */
const heldCharsMax = 1_048_576;
/** What a piece that waits weighs beside its text. */
const pieceChars = 64;

type Start = Extract<StreamPart, { kind: 'tool-start' }>;
type Input = Extract<StreamPart, { kind: 'tool-input' }>;
type ChoicePart = Exclude<StreamPart, { kind: 'start' | 'usage' | 'error' | 'end' }>;

/**
 * Puts the parts of a stream one after the other, for wires that have one open at a time. An upstream may tell several calls at once, piece by
 * piece in turns: those of the first go out as they come, and everything behind it waits until its input is whole.
 */
export class InTurn {
  /** By the choice; only of those that have called something. */
  readonly #lines = new Map<number, Line>();
  readonly #charsMax: number;

  constructor(charsMax: number = heldCharsMax) {
    this.#charsMax = charsMax;
  }

  order(parts: readonly StreamPart[]): readonly StreamPart[] {
    if (this.#lines.size === 0 && !parts.some(({ kind }) => kind === 'tool-start')) return parts;
    const out: StreamPart[] = [];
    for (const part of parts) this.#take(part, out);
    return out;
  }

  #take(part: StreamPart, out: StreamPart[]): void {
    if (!('choice' in part)) {
      // Some upstreams end without having said of a choice that it finished.
      if (part.kind === 'end') for (const line of this.#lines.values()) line.flush(out);
      out.push(part);
      return;
    }
    let line = this.#lines.get(part.choice);
    if (line === undefined && part.kind === 'tool-start')
      this.#lines.set(part.choice, (line = new Line(this.#charsMax)));
    if (line === undefined) out.push(part);
    else line.take(part, out);
  }
}

interface Held {
  readonly part: ChoicePart;
  /** Of a call: all of its input that came so far. */
  input: string;
  weight: number;
}

/** One choice's parts. */
class Line {
  /** The call whose input goes out and is not whole. */
  #open: { readonly call: number; readonly end: JsonEnd } | null = null;
  /** The call that the newest part that went out belongs to. */
  #last: number | null = null;
  #held: Held[] = [];
  #heldCalls = new Map<number, Held>();
  #weight = 0;
  readonly #weightMax: number;

  constructor(weightMax: number) {
    this.#weightMax = weightMax;
  }

  take(part: ChoicePart, out: StreamPart[]): void {
    if (part.kind === 'finish') {
      this.flush(out);
      out.push(part);
    } else if (part.kind === 'tool-input') this.#input(part, out);
    else if (this.#open === null) this.#pass(part, out);
    else this.#hold(part, out);
  }

  /** Nothing more comes of it. */
  flush(out: StreamPart[]): void {
    this.#release(out, true);
  }

  #input(part: Input, out: StreamPart[]): void {
    if (this.#open?.call === part.call) {
      this.#grow(part, out);
      if (this.#open === null) this.#release(out, false);
      return;
    }
    const held = this.#heldCalls.get(part.call);
    if (held !== undefined) {
      held.input += part.json;
      this.#weigh(held, pieceChars + part.json.length, out);
    } else if (this.#last === part.call) out.push(part);
    else if (part.json.trim() !== '') throw new Garbled('more of the input of a tool call comes after its end');
  }

  /** More of the call that is open. */
  #grow(part: Input, out: StreamPart[]): void {
    out.push(part);
    if (this.#open?.end.push(part.json) === true) this.#open = null;
  }

  #pass(part: ChoicePart, out: StreamPart[]): void {
    out.push(part);
    this.#last = null;
    if (part.kind === 'tool-start') this.#begin(part);
  }

  #begin({ call }: Start): void {
    this.#last = call;
    this.#open = { call, end: new JsonEnd() };
  }

  #hold(part: ChoicePart, out: StreamPart[]): void {
    const held: Held = { part, input: '', weight: 0 };
    this.#held.push(held);
    if (part.kind === 'tool-start') this.#heldCalls.set(part.call, held);
    this.#weigh(held, pieceChars + JSON.stringify(part).length, out);
  }

  #weigh(held: Held, weight: number, out: StreamPart[]): void {
    held.weight += weight;
    this.#weight += weight;
    while (this.#weight > this.#weightMax) {
      this.#open = null;
      this.#release(out, false);
    }
  }

  /** Lets go what waits, up to a call that is not whole, or all of it. */
  #release(out: StreamPart[], all: boolean): void {
    let count = 0;
    for (const { part, input, weight } of this.#held) {
      if (this.#open !== null && !all) break;
      count += 1;
      this.#weight -= weight;
      this.#open = null;
      this.#pass(part, out);
      if (part.kind !== 'tool-start') continue;
      this.#heldCalls.delete(part.call);
      if (input !== '') this.#grow({ kind: 'tool-input', choice: part.choice, call: part.call, json: input }, out);
    }
    this.#held = this.#held.slice(count);
    if (all) this.#open = null;
  }
}
