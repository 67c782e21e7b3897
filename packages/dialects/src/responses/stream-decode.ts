import type { AnswerPart, StreamPart } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { StreamDecoder } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { streamFailure } from '../openai/codec/failure.ts';
import { readLogprobs } from '../openai/codec/logprobs.ts';
import { parseEvent } from '../openai/codec/stream-decode.ts';
import { EventTooLarge, SseReader } from '../sse/reader.ts';
import { decodeCall, decodeReasoning, stopOf } from './answer-decode.ts';
import { summaryBreak } from './input-decode.ts';
import { responsesUsageOf } from './usage.ts';

/** More items than any answer has; an index is not believed beyond it. */
const itemsMax = 4_096;

/** What was told of an output item so far. */
interface ItemSoFar {
  /** Ours, for function calls. */
  readonly call: number;
  /** Some of its text came in deltas, which the whole at its end only repeats. */
  streamed: boolean;
}

export class ResponsesStreamDecoder implements StreamDecoder {
  readonly #reader = new SseReader();
  readonly #items = new Map<number, ItemSoFar>();
  readonly #said = new Set<AnswerPart['kind']>();
  #calls = 0;
  #callState: OpaqueState | undefined;
  #started = false;
  #over = false;

  push(bytes: Buffer): StreamPart[] {
    const parts: StreamPart[] = [];
    for (const data of this.#read(bytes)) if (data !== '' && data !== '[DONE]') this.#event(parseEvent(data), parts);
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

  #event(event: JsonObject, parts: StreamPart[]): void {
    if (this.#over) return;
    const { type } = event;
    if (type === 'error' || (isObject(event['error']) && typeof type !== 'string')) {
      this.#fail(isObject(event['error']) ? event['error'] : event, parts);
      return;
    }
    if (!this.#started) this.#start(event, parts);
    switch (type) {
      case 'response.output_item.added':
        this.#added(event, parts);
        break;
      case 'response.output_text.delta':
        this.#text(event, parts);
        break;
      case 'response.refusal.delta':
        this.#piece('refusal', event, parts);
        break;
      case 'response.reasoning_summary_part.added':
        if (Number(event['summary_index']) > 0) parts.push({ kind: 'reasoning', choice: 0, text: summaryBreak });
        break;
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.#piece('reasoning', event, parts);
        break;
      case 'response.function_call_arguments.delta':
        this.#input(event, event['delta'], parts);
        break;
      case 'response.output_item.done':
        this.#done(event, parts);
        break;
      case 'response.completed':
      case 'response.incomplete':
        this.#finish(event, parts);
        break;
      case 'response.failed': {
        const { response } = event;
        this.#fail(isObject(response) ? response['error'] : undefined, parts);
        break;
      }
    }
  }

  #fail(error: unknown, parts: StreamPart[]): void {
    this.#over = true;
    parts.push({ kind: 'error', failure: streamFailure(error) });
  }

  /** The tier in it is the one that was asked for; the last event has the served one. */
  #start({ response }: JsonObject, parts: StreamPart[]): void {
    this.#started = true;
    const { id, model } = isObject(response) ? response : {};
    parts.push({
      kind: 'start',
      ...(typeof id === 'string' ? { id } : {}),
      ...(typeof model === 'string' ? { model } : {}),
    });
  }

  #added({ output_index: index, item }: JsonObject, parts: StreamPart[]): void {
    if (typeof index !== 'number' || !isObject(item)) throw new Garbled('an item of the stream has no place');
    if (this.#items.size >= itemsMax) throw new Garbled(`the answer has more than ${itemsMax} items`);
    const isCall = item['type'] === 'function_call';
    const known: ItemSoFar = { call: isCall ? this.#calls : -1, streamed: false };
    this.#items.set(index, known);
    if (!isCall) return;
    const { id, name } = decodeCall(item);
    const state = this.#callState;
    this.#callState = undefined;
    this.#calls += 1;
    this.#said.add('tool-call');
    const signed = state === undefined ? {} : { state };
    parts.push({ kind: 'tool-start', choice: 0, call: known.call, id, name, ...signed });
  }

  #itemAt(index: unknown): ItemSoFar {
    const known = typeof index === 'number' ? this.#items.get(index) : undefined;
    if (known === undefined) throw new Garbled('a piece of the stream belongs to no item');
    return known;
  }

  #text(event: JsonObject, parts: StreamPart[]): void {
    const { delta } = event;
    const logprobs = readLogprobs(event['logprobs']) ?? [];
    if (typeof delta !== 'string' || (delta === '' && logprobs.length === 0)) return;
    this.#itemAt(event['output_index']).streamed = true;
    this.#said.add('text');
    parts.push({ kind: 'text', choice: 0, text: delta, ...(logprobs.length === 0 ? {} : { logprobs }) });
  }

  #piece(kind: 'refusal' | 'reasoning', event: JsonObject, parts: StreamPart[]): void {
    const { delta } = event;
    if (typeof delta !== 'string' || delta === '') return;
    this.#itemAt(event['output_index']).streamed = true;
    this.#said.add(kind);
    parts.push({ kind, choice: 0, text: delta });
  }

  #input(event: JsonObject, json: unknown, parts: StreamPart[]): void {
    const item = this.#itemAt(event['output_index']);
    if (typeof json !== 'string' || json === '') return;
    item.streamed = true;
    parts.push({ kind: 'tool-input', choice: 0, call: item.call, json });
  }

  /** Servers that send no deltas tell the whole item here. */
  #done(event: JsonObject, parts: StreamPart[]): void {
    const { item } = event;
    if (!isObject(item)) throw new Garbled('an item of the stream is no object');
    const known = this.#itemAt(event['output_index']);
    if (item['type'] === 'reasoning') this.#thought(item, known, parts);
    if (known.streamed) return;
    if (item['type'] === 'function_call') this.#input(event, decodeCall(item).input, parts);
    if (item['type'] === 'message' && Array.isArray(item['content'])) {
      for (const part of item['content']) if (isObject(part)) this.#whole(part, event['output_index'], parts);
    }
  }

  #whole(part: JsonObject, index: unknown, parts: StreamPart[]): void {
    const { type, text, refusal, logprobs } = part;
    if (type === 'output_text') this.#text({ output_index: index, delta: text, logprobs }, parts);
    if (type === 'refusal') this.#piece('refusal', { output_index: index, delta: refusal }, parts);
  }

  #thought(item: JsonObject, known: ItemSoFar, parts: StreamPart[]): void {
    const { text, state, ofCall } = decodeReasoning(item);
    if (ofCall) this.#callState = state;
    else {
      if (!known.streamed && text !== '') parts.push({ kind: 'reasoning', choice: 0, text });
      if (state !== undefined) parts.push({ kind: 'reasoning-state', choice: 0, state });
    }
  }

  #finish({ response }: JsonObject, parts: StreamPart[]): void {
    if (!isObject(response)) throw new Garbled('the stream ends without its answer');
    this.#over = true;
    parts.push({ kind: 'finish', choice: 0, stop: stopOf(response, this.#said) });
    const usage = responsesUsageOf(response['usage']);
    const { service_tier: tierWord } = response;
    if (usage !== null) parts.push({ kind: 'usage', usage, ...(typeof tierWord === 'string' ? { tierWord } : {}) });
    parts.push({ kind: 'end' });
  }
}
