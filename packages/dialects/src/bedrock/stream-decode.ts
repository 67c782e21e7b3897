import type { StreamPart } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { StreamDecoder } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { readTierWord } from './answer-decode.ts';
import { FrameReader, type Frame } from './event-stream/reader.ts';
import { readStreamFailure } from './failure.ts';
import { payloadOf } from './frame-payload.ts';
import { readEnding } from './stop-reasons.ts';
import { readUsage } from './usage.ts';

/** A signature is told in pieces. More of them than this is no signature. */
const signatureCharsMax = 1024 * 1024;

export class ConverseStreamDecoder implements StreamDecoder {
  readonly #frames = new FrameReader();
  #calls = 0;
  /** Calls by the numbers of their blocks. */
  readonly #callAt = new Map<unknown, number>();
  #signature = '';

  push(bytes: Buffer): StreamPart[] {
    return this.#frames.push(bytes).flatMap((frame) => this.#parts(frame));
  }

  #parts(frame: Frame): StreamPart[] {
    if (frame.kind.message !== 'event') {
      return [{ kind: 'error', failure: readStreamFailure(frame.kind, frame.payload) }];
    }
    switch (frame.kind.name) {
      case 'messageStart':
        return [{ kind: 'start' }];
      case 'contentBlockStart':
        return [...this.#endOfThought(), ...this.#blockStart(payloadOf(frame))];
      case 'contentBlockDelta':
        return this.#delta(payloadOf(frame));
      case 'contentBlockStop':
        return this.#endOfThought();
      case 'messageStop':
        return [...this.#endOfThought(), { kind: 'finish', choice: 0, ...readEnding(payloadOf(frame)) }];
      case 'metadata':
        return metadata(payloadOf(frame));
      default:
        return [];
    }
  }

  #blockStart({ contentBlockIndex, start }: JsonObject): StreamPart[] {
    const tool = isObject(start) ? start['toolUse'] : undefined;
    if (!isObject(tool)) return [];
    const { toolUseId: id, name } = tool;
    if (typeof id !== 'string' || typeof name !== 'string')
      throw new Garbled('a tool call begins without its id or name');
    const call = this.#calls;
    this.#calls += 1;
    this.#callAt.set(contentBlockIndex, call);
    return [{ kind: 'tool-start', choice: 0, call, id, name }];
  }

  #delta({ contentBlockIndex, delta }: JsonObject): StreamPart[] {
    if (!isObject(delta)) throw new Garbled('a delta is no object');
    const { text, toolUse, reasoningContent } = delta;
    if (typeof text === 'string') return text === '' ? [] : [{ kind: 'text', choice: 0, text }];
    if (isObject(toolUse)) return this.#input(contentBlockIndex, toolUse['input']);
    if (isObject(reasoningContent)) return this.#thought(reasoningContent);
    // Where something comes from is told beside the text that is here already.
    if ('citation' in delta) return [];
    throw new Garbled(`a delta is of a kind that is not known: ${Object.keys(delta).join(', ')}`);
  }

  #input(block: unknown, json: unknown): StreamPart[] {
    if (typeof json !== 'string') throw new Garbled("a piece of a tool's input is no text");
    const call = this.#callAt.get(block);
    if (call === undefined) throw new Garbled('the input of a tool comes before the call');
    return json === '' ? [] : [{ kind: 'tool-input', choice: 0, call, json }];
  }

  #thought({ text, signature, redactedContent }: JsonObject): StreamPart[] {
    if (typeof text === 'string') return text === '' ? [] : [{ kind: 'reasoning', choice: 0, text }];
    if (typeof redactedContent === 'string') {
      const state = { from: 'bedrock', form: 'redacted', data: redactedContent } as const;
      return [{ kind: 'reasoning-state', choice: 0, state }];
    }
    if (typeof signature === 'string') this.#signature += signature;
    if (this.#signature.length > signatureCharsMax) throw new Garbled('a signature does not end');
    return [];
  }

  #endOfThought(): StreamPart[] {
    if (this.#signature === '') return [];
    const state = { from: 'bedrock', form: 'signature', data: this.#signature } as const;
    this.#signature = '';
    return [{ kind: 'reasoning-state', choice: 0, state }];
  }
}

/** The last event of every stream. */
function metadata(told: JsonObject): StreamPart[] {
  const usage = readUsage(told['usage']);
  const tierWord = readTierWord(told['serviceTier']);
  const counted: StreamPart[] =
    usage === null ? [] : [{ kind: 'usage', usage, ...(tierWord === undefined ? {} : { tierWord }) }];
  return [...counted, { kind: 'end' }];
}
