import {
  Unfinished,
  type Failure,
  type StreamDecoder,
  type StreamEncoder,
  type StreamForm,
  type StreamPart,
  type StreamWatcher,
  type Usage,
} from '@offpeak/dialects';
import type { StreamState } from './stream-run.ts';

/** What a stream goes through between an upstream and a client. */
export interface Relay extends StreamState {
  readonly usage: Usage | null;
  /** The upstream's word for the tier that it serves, once it has said it. */
  readonly tierWord?: string | undefined;
  /** What to write for these bytes, with `head` and `tail` bytes left free around it; null when nothing is complete yet. */
  push(chunk: Buffer, head: number, tail: number): Buffer | null;
  /** What the client's wire has after the last event and did not get yet. */
  ending(): Buffer | null;
}

function framed(bytes: Buffer, head: number, tail: number): Buffer {
  const out = Buffer.allocUnsafe(head + bytes.length + tail);
  bytes.copy(out, head);
  return out;
}

/**
 * Bytes of a provider's stream for a client of the same wire. The provider wrote the served tier into them itself. They are handed on event
 * by event, so that a failure can be told behind any of them: a provider may break off inside one.
 */
export class WatchedRelay implements Relay {
  readonly #watcher: StreamWatcher;
  readonly #form: StreamForm;
  readonly #unfinished = new Unfinished();
  readonly #look: ((events: Buffer) => void) | undefined;

  /** `look`: sees the events as well, each when it is whole. */
  constructor(watcher: StreamWatcher, form: StreamForm, look?: (events: Buffer) => void) {
    this.#watcher = watcher;
    this.#form = form;
    this.#look = look;
  }

  get tokens(): number {
    return this.#watcher.tokens;
  }

  get usage(): Usage | null {
    return this.#watcher.usage;
  }

  get tierWord(): string | undefined {
    return this.#watcher.tierWord;
  }

  get error(): Failure | null {
    return this.#watcher.failure;
  }

  get marked(): boolean {
    return this.#watcher.marked;
  }

  get whole(): boolean {
    return this.#watcher.whole;
  }

  push(chunk: Buffer, head: number, tail: number): Buffer | null {
    // It bounds what an event may have in it, and so what waits here.
    this.#watcher.push(chunk);
    const input = this.#unfinished.with(chunk, this.#form.mayEnd);
    if (input === null) return null;
    const whole = this.#form.wholeBytes(input);
    if (whole < input.length) this.#unfinished.keep(input.subarray(whole));
    if (whole === 0) return null;
    const events = input.subarray(0, whole);
    this.#look?.(events);
    return framed(events, head, tail);
  }

  /** The provider may have broken off inside an event behind the last one that matters. Clients take half an event for a broken answer. */
  ending(): null {
    return null;
  }
}

/** A stream of one wire, told in another. */
export class TranslatedRelay implements Relay {
  tokens = 0;
  usage: Usage | null = null;
  tierWord: string | undefined;
  error: Failure | null = null;
  marked = false;
  readonly #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #choices: number;
  readonly #tierTold: (() => void) | undefined;
  #finished = 0;

  /** `choices`: so many have to finish before the answer is whole. `tierTold`: the upstream said which tier it serves, before that is written. */
  constructor(decoder: StreamDecoder, encoder: StreamEncoder, choices: number, tierTold?: () => void) {
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#choices = choices;
    this.#tierTold = tierTold;
  }

  get whole(): boolean {
    return this.marked || this.#finished >= this.#choices;
  }

  push(chunk: Buffer, head: number, tail: number): Buffer | null {
    const bytes = this.translate(chunk);
    return bytes.length === 0 ? null : framed(bytes, head, tail);
  }

  translate(chunk: Buffer): Buffer {
    const parts = this.#decoder.push(chunk);
    const { tierWord } = this;
    for (const part of parts) this.#note(part);
    if (this.tierWord !== tierWord) this.#tierTold?.();
    return this.error === null ? this.#encoder.write(parts) : Buffer.alloc(0);
  }

  ending(): Buffer {
    return this.#encoder.end();
  }

  #note(part: StreamPart): void {
    switch (part.kind) {
      case 'text':
      case 'refusal':
      case 'reasoning':
      case 'tool-start':
      case 'tool-input':
        this.tokens += 1;
        break;
      case 'start':
        this.tierWord = part.tierWord ?? this.tierWord;
        break;
      case 'usage':
        this.usage = part.usage;
        this.tierWord = part.tierWord ?? this.tierWord;
        break;
      case 'finish':
        this.#finished += 1;
        break;
      case 'error':
        this.error = part.failure;
        break;
      case 'end':
        this.marked = true;
        break;
      case 'reasoning-state':
    }
  }
}
