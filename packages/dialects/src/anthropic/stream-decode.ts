import type { StreamPart } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { StreamDecoder } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { EventTooLarge, SseReader } from '../sse/reader.ts';
import { callOf, explanationOf, hiddenThoughts, stateOf, stringIn, unaskedFor } from './answer-decode.ts';
import { streamFailure } from './failure.ts';
import { readEnding } from './stop-reasons.ts';
import { parseEvent } from './stream-event.ts';
import { readCounts, tierWordOf, usageOf, type Counts } from './usage.ts';

/** The block whose pieces are coming; the next begins when it has ended. */
interface Open {
  readonly index: unknown;
  readonly kind: 'text' | 'thinking' | 'call' | 'hidden';
  /** Thoughts: the newest of their signatures, each of which is whole. */
  signature: unknown;
  /** Calls: their input where it came whole with the block; null once it came in pieces. */
  input: unknown;
}

export class AnthropicStreamDecoder implements StreamDecoder {
  readonly #reader = new SseReader();
  #started = false;
  #finished = false;
  /** Nothing counts any more: the stream ended, or failed. */
  #over = false;
  #open: Open | null = null;
  #callCount = 0;
  #callState: OpaqueState | undefined;
  #counts: Counts = {};

  push(bytes: Buffer): StreamPart[] {
    const parts: StreamPart[] = [];
    for (const data of this.#read(bytes)) if (data !== '' && !this.#over) this.#event(parseEvent(data), parts);
    return parts;
  }

  #read(bytes: Buffer): string[] {
    try {
      return this.#reader.push(bytes);
    } catch (error) {
      if (error instanceof EventTooLarge) throw new Garbled(error.message);
      throw error;
    }
  }

  /** Events of other types may be added at any time, and say nothing here. */
  #event(event: JsonObject, parts: StreamPart[]): void {
    switch (event['type']) {
      case 'message_start':
        parts.push(this.#start(event['message']));
        break;
      case 'content_block_start':
        this.#begin(event['index'], event['content_block'], parts);
        break;
      case 'content_block_delta':
        this.#grow(event['index'], event['delta'], parts);
        break;
      case 'content_block_stop':
        this.#close(parts);
        break;
      case 'message_delta':
        this.#messageDelta(event, parts);
        break;
      case 'message_stop':
        this.#over = true;
        parts.push({ kind: 'end' });
        break;
      case 'error':
        this.#over = true;
        parts.push({ kind: 'error', failure: streamFailure(event['error']) });
    }
  }

  #start(message: unknown): StreamPart {
    if (this.#started || !isObject(message)) throw new Garbled('the stream does not begin with one message');
    this.#started = true;
    this.#counts = readCounts(message['usage']);
    const usage = usageOf(this.#counts);
    const tierWord = tierWordOf(message['usage']);
    const { id, model } = message;
    return {
      kind: 'start',
      ...(typeof id === 'string' ? { id } : {}),
      ...(typeof model === 'string' ? { model } : {}),
      ...(usage === null ? {} : { usage }),
      ...(tierWord === undefined ? {} : { tierWord }),
    };
  }

  #begin(index: unknown, block: unknown, parts: StreamPart[]): void {
    if (!this.#started || this.#finished || !isObject(block)) throw new Garbled('a block stands outside the message');
    this.#close(parts);
    switch (block['type']) {
      case 'text':
        this.#open = { index, kind: 'text', signature: undefined, input: undefined };
        this.#say('text', block['text'] ?? '', parts);
        break;
      case 'thinking':
        this.#open = { index, kind: 'thinking', signature: block['signature'], input: undefined };
        this.#say('reasoning', block['thinking'] ?? '', parts);
        break;
      case 'redacted_thinking': {
        this.#open = { index, kind: 'hidden', signature: undefined, input: undefined };
        const { state, ofCall } = hiddenThoughts(block);
        if (ofCall) this.#callState = state;
        else if (state !== undefined) parts.push({ kind: 'reasoning-state', choice: 0, state });
        break;
      }
      case 'tool_use': {
        this.#open = { index, kind: 'call', signature: undefined, input: block['input'] ?? {} };
        const state = this.#callState === undefined ? {} : { state: this.#callState };
        this.#callState = undefined;
        parts.push({ kind: 'tool-start', choice: 0, call: this.#callCount, ...callOf(block), ...state });
        this.#callCount += 1;
        break;
      }
      default:
        throw unaskedFor(block['type']);
    }
  }

  #say(kind: 'text' | 'reasoning', value: unknown, parts: StreamPart[]): void {
    const text = stringIn(value, 'a piece of text');
    if (text !== '') parts.push({ kind, choice: 0, text });
  }

  #grow(index: unknown, delta: unknown, parts: StreamPart[]): void {
    const open = this.#open;
    if (open === null || open.index !== index || !isObject(delta))
      throw new Garbled('a piece belongs to no open block');
    switch (delta['type']) {
      case 'text_delta':
        return this.#say('text', delta['text'], parts);
      case 'thinking_delta':
        return this.#say('reasoning', delta['thinking'], parts);
      case 'signature_delta':
        open.signature = delta['signature'];
        return;
      case 'input_json_delta': {
        const json = stringIn(delta['partial_json'], 'a piece of an input');
        if (json === '') return;
        if (open.kind !== 'call') throw new Garbled('a piece of an input belongs to no call');
        open.input = null;
        parts.push({ kind: 'tool-input', choice: 0, call: this.#callCount - 1, json });
        return;
      }
      // Where the words are from. They are the same without.
      case 'citations_delta':
        return;
      default:
        throw new Garbled('a piece of the message is of an unknown type');
    }
  }

  #close(parts: StreamPart[]): void {
    const open = this.#open;
    this.#open = null;
    if (open?.kind === 'thinking') {
      const state = stateOf(open.signature);
      if (state !== undefined) parts.push({ kind: 'reasoning-state', choice: 0, state });
    }
    if (open?.kind === 'call' && open.input !== null) {
      parts.push({ kind: 'tool-input', choice: 0, call: this.#callCount - 1, json: JSON.stringify(open.input) });
    }
  }

  #messageDelta(event: JsonObject, parts: StreamPart[]): void {
    if (!this.#started) throw new Garbled('the stream does not begin with one message');
    const delta = isObject(event['delta']) ? event['delta'] : {};
    const reason = delta['stop_reason'];
    if (typeof reason === 'string' && !this.#finished) {
      this.#close(parts);
      this.#finished = true;
      for (const { text } of explanationOf(delta['stop_details'])) parts.push({ kind: 'refusal', choice: 0, text });
      parts.push({ kind: 'finish', choice: 0, ...readEnding(reason, delta['stop_sequence']) });
    }
    this.#counts = readCounts(event['usage'], this.#counts);
    const usage = usageOf(this.#counts);
    // Offpeak adds the tier here where it learned it late.
    const tierWord = tierWordOf(event['usage']);
    if (usage !== null) parts.push({ kind: 'usage', usage, ...(tierWord === undefined ? {} : { tierWord }) });
  }
}
