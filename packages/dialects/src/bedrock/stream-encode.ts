import type { StreamPart } from '../canonical/answer.ts';
import { InTurn } from '../canonical/in-turn.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { AnswerIdentity, StreamEncoder, StreamWish } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import { signatureOf, writeMetrics } from './answer-encode.ts';
import { frameOf } from './event-stream/frame.ts';
import { eventHead } from './event-stream/head.ts';
import { writeEnding } from './stop-reasons.ts';
import { writeUsage } from './usage.ts';

const MESSAGE_START = frameOf(eventHead('messageStart'), '{"role":"assistant"}');
const BLOCK_START = eventHead('contentBlockStart');
const BLOCK_DELTA = eventHead('contentBlockDelta');
const BLOCK_STOP = eventHead('contentBlockStop');
const MESSAGE_STOP = eventHead('messageStop');
const METADATA = eventHead('metadata');

type Block = 'text' | 'reasoning' | 'tool';

/** Blocks are numbered, and closed before the next begins; only those of tools are opened with an event. */
export class ConverseStreamEncoder implements StreamEncoder {
  readonly #turns = new InTurn();
  readonly #as: AnswerIdentity;
  readonly #wish: StreamWish;
  #open: Block | null = null;
  #index = -1;
  #usage: Usage | null = null;
  #frames: Buffer[] = [];

  constructor(as: AnswerIdentity, wish: StreamWish) {
    this.#as = as;
    this.#wish = wish;
  }

  write(parts: readonly StreamPart[]): Buffer {
    for (const part of this.#turns.order(parts)) this.#part(part);
    return this.#taken();
  }

  end(): Buffer {
    const usage = this.#usage === null ? {} : { usage: writeUsage(this.#usage) };
    const metadata = { ...usage, metrics: writeMetrics(this.#as), serviceTier: { type: this.#as.tierWord() } };
    this.#frames.push(frameOf(METADATA, JSON.stringify(metadata)));
    return this.#taken();
  }

  #taken(): Buffer {
    const frames = this.#frames;
    this.#frames = [];
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }

  #part(part: StreamPart): void {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        this.#delta('text', part.text, '"text":', '');
        return;
      case 'reasoning':
        this.#delta('reasoning', part.text, '"reasoningContent":{"text":', '}');
        return;
      case 'reasoning-state':
        this.#state(part.state);
        return;
      case 'tool-start':
        this.#call(part.id, part.name, part.state);
        return;
      case 'tool-input':
        this.#delta('tool', part.json, '"toolUse":{"input":', '}');
        return;
      case 'finish':
        this.#close();
        this.#frames.push(frameOf(MESSAGE_STOP, JSON.stringify(writeEnding(part, this.#wish.request))));
        return;
      case 'start':
        this.#usage = part.usage ?? this.#usage;
        this.#frames.push(MESSAGE_START);
        return;
      case 'usage':
        this.#usage = part.usage;
        return;
      // Whoever writes the stream tells the problem, and `end` has the end.
      case 'error':
      case 'end':
    }
  }

  #delta(block: Block, text: string, before: string, after: string): void {
    if (text === '') return;
    this.#into(block);
    const payload = `{"contentBlockIndex":${this.#index},"delta":{${before}${JSON.stringify(text)}${after}}}`;
    this.#frames.push(frameOf(BLOCK_DELTA, payload));
  }

  #state(state: OpaqueState): void {
    if (state.from === 'bedrock' && state.form === 'redacted') {
      this.#delta('reasoning', state.data, '"reasoningContent":{"redactedContent":', '}');
    } else this.#delta('reasoning', signatureOf(state), '"reasoningContent":{"signature":', '}');
    this.#close();
  }

  #call(id: string, name: string, state: OpaqueState | undefined): void {
    this.#close();
    if (state !== undefined) {
      this.#delta('reasoning', signatureOf(state, id), '"reasoningContent":{"signature":', '}');
      this.#close();
    }
    this.#into('tool');
    const start = { contentBlockIndex: this.#index, start: { toolUse: { toolUseId: id, name } } };
    this.#frames.push(frameOf(BLOCK_START, JSON.stringify(start)));
  }

  #into(block: Block): void {
    if (this.#open === block) return;
    this.#close();
    this.#open = block;
    this.#index += 1;
  }

  #close(): void {
    if (this.#open === null) return;
    this.#open = null;
    this.#frames.push(frameOf(BLOCK_STOP, `{"contentBlockIndex":${this.#index}}`));
  }
}
