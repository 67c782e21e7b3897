import type { StreamPart } from '../canonical/answer.ts';
import { InTurn } from '../canonical/in-turn.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { AnswerIdentity, StreamEncoder, StreamWish } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import {
  callBlock,
  callStateBlock,
  estimatedUsage,
  hiddenBlock,
  isSignature,
  messageHead,
  signatureOf,
} from './answer-encode.ts';
import { writeEnding } from './stop-reasons.ts';
import { writeEvent } from './stream-event.ts';
import { cacheCreation, deltaUsage, messageUsage } from './usage.ts';

type Finish = Extract<StreamPart, { kind: 'finish' }>;

/** Says a stream in blocks, of which one is open at a time. The ending waits for the usage, which goes with it. */
export class AnthropicStreamEncoder implements StreamEncoder {
  readonly #turns = new InTurn();
  readonly #as: AnswerIdentity;
  #usage: Usage;
  #tierWord: string | undefined;
  #open: 'text' | 'thinking' | 'call' | null = null;
  /** Of the open block, or of the next. */
  #index = 0;
  #refused = false;
  #finish: Finish | null = null;

  constructor(as: AnswerIdentity, wish: StreamWish) {
    this.#as = as;
    this.#usage = estimatedUsage(wish);
  }

  write(parts: readonly StreamPart[]): Buffer {
    let out = '';
    for (const part of this.#turns.order(parts)) out += this.#say(part);
    return Buffer.from(out);
  }

  end(): Buffer {
    const word = this.#as.tierWord();
    // Types have no such members here; who reads them learns what was not known when the message began.
    const written = cacheCreation(this.#usage);
    const late = {
      ...(word === this.#tierWord ? {} : { service_tier: word }),
      ...(written === null ? {} : { cache_creation: written }),
    };
    const ending = writeEnding(this.#finish ?? { stop: 'end' }, this.#refused);
    const closed = this.#close();
    const delta = writeEvent('message_delta', {
      delta: { container: null, ...ending },
      usage: { ...deltaUsage(this.#usage), ...late },
    });
    return Buffer.from(closed + delta + writeEvent('message_stop', {}));
  }

  #say(part: StreamPart): string {
    switch (part.kind) {
      case 'start':
        return this.#start(part.usage);
      case 'refusal':
        this.#refused = true;
        return this.#text(part.text);
      case 'text':
        return this.#text(part.text);
      case 'reasoning':
        return `${this.#enter('thinking')}${this.#delta('thinking_delta', 'thinking', part.text)}`;
      case 'reasoning-state':
        return this.#sign(part.state);
      case 'tool-start':
        return this.#call(part.id, part.name, part.state);
      case 'tool-input':
        return this.#delta('input_json_delta', 'partial_json', part.json);
      case 'finish':
        this.#finish = part;
        return this.#close();
      case 'usage':
        this.#usage = part.usage;
        return '';
      // The gateway tells a failure in its own words, and the end when it is sure of it.
      case 'error':
      case 'end':
        return '';
    }
  }

  #start(usage: Usage | undefined): string {
    if (usage !== undefined) this.#usage = usage;
    this.#tierWord = this.#as.tierWord();
    const message = {
      ...messageHead(this.#as),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: messageUsage(this.#usage, this.#tierWord),
    };
    return writeEvent('message_start', { message });
  }

  /** A piece that only brings probabilities has no text, and nothing to say here. */
  #text(text: string): string {
    return text === '' ? '' : `${this.#enter('text')}${this.#delta('text_delta', 'text', text)}`;
  }

  #delta(type: string, member: string, text: string): string {
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":{"type":"${type}","${member}":${JSON.stringify(text)}}}\n\n`;
  }

  #enter(kind: 'text' | 'thinking'): string {
    if (this.#open === kind) return '';
    const block =
      kind === 'text' ? { type: kind, text: '', citations: null } : { type: kind, thinking: '', signature: '' };
    return this.#begin(kind, block);
  }

  #begin(kind: 'text' | 'thinking' | 'call', block: JsonObject): string {
    const closed = this.#close();
    this.#open = kind;
    return closed + writeEvent('content_block_start', { index: this.#index, content_block: block });
  }

  /** Thoughts that end without a state still get their signature: clients leave out those that have none. */
  #close(state?: OpaqueState): string {
    if (this.#open === null) return '';
    const signature = this.#open === 'thinking' ? this.#delta('signature_delta', 'signature', signatureOf(state)) : '';
    const stop = writeEvent('content_block_stop', { index: this.#index });
    this.#open = null;
    this.#index += 1;
    return signature + stop;
  }

  #sign(state: OpaqueState): string {
    if (this.#open === 'thinking') return this.#close(state);
    return isSignature(state) ? this.#enter('thinking') + this.#close(state) : this.#hidden(hiddenBlock(state));
  }

  #hidden(block: JsonObject): string {
    const closed = this.#close();
    const start = writeEvent('content_block_start', { index: this.#index, content_block: block });
    const stop = writeEvent('content_block_stop', { index: this.#index });
    this.#index += 1;
    return closed + start + stop;
  }

  #call(id: string, name: string, state: OpaqueState | undefined): string {
    const before = state === undefined ? '' : this.#hidden(callStateBlock(state));
    return before + this.#begin('call', callBlock(id, name));
  }
}
