import type { AnswerPart, StreamPart } from '../../canonical/answer.ts';
import { Garbled } from '../../canonical/feature.ts';
import type { StreamDecoder } from '../../codec.ts';
import { EventTooLarge, SseReader } from '../../sse/reader.ts';
import { isObject, type JsonObject } from '../accumulate.ts';
import { usageOf } from '../usage.ts';
import { inputText, readCarried, thoughtText } from './answer-decode.ts';
import { streamFailure } from './failure.ts';
import { readEnding } from './finish.ts';
import { readLogprobs } from './logprobs.ts';
import { parseOpenai } from './parse.ts';

/** Arguments that an engine hands over parsed have numbers that are not the wire's own. */
const PARSED_ARGUMENTS = /"arguments"\s*:\s*\{/;
const CALL_SIGN = '"tool_calls"';

/** More calls than any model makes in one answer; an index is not believed beyond it. */
const callsMax = 1_024;
/** More answers than anybody asks for at once. */
const choicesMax = 1_024;

interface Call {
  readonly call: number;
  readonly id: string | undefined;
}

/** What has to be remembered of a choice from chunk to chunk. */
interface ChoiceSoFar {
  readonly said: Set<AnswerPart['kind']>;
  /** The upstream's index of a call to ours: some engines begin at 0 with each call. */
  readonly calls: Map<number, Call>;
  callCount: number;
  /** Thoughts whose carried state was handed on; each list that comes repeats those before. */
  carriedThoughts: number;
  finished: boolean;
}

export class ChatStreamDecoder implements StreamDecoder {
  readonly #reader = new SseReader();
  readonly #choices = new Map<number, ChoiceSoFar>();
  #started = false;
  #tierWord: string | undefined;

  push(bytes: Buffer): StreamPart[] {
    const parts: StreamPart[] = [];
    for (const data of this.#read(bytes)) {
      if (data === '[DONE]') parts.push({ kind: 'end' });
      else if (data !== '') this.#chunk(parseEvent(data), parts);
    }
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

  #chunk(chunk: JsonObject, parts: StreamPart[]): void {
    const xGroq = isObject(chunk['x_groq']) ? chunk['x_groq'] : {};
    const error = chunk['error'] ?? xGroq['error'];
    if (error !== undefined && error !== null) {
      parts.push({ kind: 'error', failure: streamFailure(error) });
      return;
    }
    const { service_tier: tierWord, choices } = chunk;
    if (typeof tierWord === 'string') this.#tierWord = tierWord;
    if (!this.#started) parts.push(this.#start(chunk));
    if (Array.isArray(choices)) for (const choice of choices) if (isObject(choice)) this.#choice(choice, parts);
    const usage = usageOf(chunk['usage']) ?? usageOf(xGroq['usage']);
    if (usage !== null) parts.push({ kind: 'usage', usage, ...this.#tier() });
  }

  #start({ id, model }: JsonObject): StreamPart {
    this.#started = true;
    return {
      kind: 'start',
      ...(typeof id === 'string' ? { id } : {}),
      ...(typeof model === 'string' ? { model } : {}),
      ...this.#tier(),
    };
  }

  #tier(): { tierWord?: string } {
    return this.#tierWord === undefined ? {} : { tierWord: this.#tierWord };
  }

  #choice(raw: JsonObject, parts: StreamPart[]): void {
    const index = typeof raw['index'] === 'number' ? raw['index'] : 0;
    const choice = this.#known(index);
    if (choice.finished) return;
    const delta = isObject(raw['delta']) ? raw['delta'] : {};
    const thoughts = thoughtText(delta);
    if (thoughts !== '') parts.push({ kind: 'reasoning', choice: index, text: thoughts });
    this.#states(index, choice, delta, parts);
    this.#text(index, choice, raw, delta, parts);
    const { refusal, tool_calls: calls } = delta;
    if (typeof refusal === 'string' && refusal !== '') {
      choice.said.add('refusal');
      parts.push({ kind: 'refusal', choice: index, text: refusal });
    }
    if (Array.isArray(calls))
      for (const call of calls) if (isObject(call)) this.#call(index, choice, call, delta, parts);
    const { finish_reason: finish, stop_reason: stopReason } = raw;
    if (finish === undefined || finish === null) return;
    choice.finished = true;
    parts.push({ kind: 'finish', choice: index, ...readEnding(finish, stopReason, choice.said) });
  }

  #known(index: number): ChoiceSoFar {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      if (this.#choices.size >= choicesMax) throw new Garbled(`the answer has more than ${choicesMax} choices`);
      choice = { said: new Set(), calls: new Map(), callCount: 0, carriedThoughts: 0, finished: false };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #states(index: number, choice: ChoiceSoFar, delta: JsonObject, parts: StreamPart[]): void {
    const { thoughts } = readCarried(delta);
    for (const { state } of thoughts.slice(choice.carriedThoughts)) {
      if (state !== undefined) parts.push({ kind: 'reasoning-state', choice: index, state });
    }
    choice.carriedThoughts = Math.max(choice.carriedThoughts, thoughts.length);
  }

  #text(index: number, choice: ChoiceSoFar, raw: JsonObject, delta: JsonObject, parts: StreamPart[]): void {
    const text = typeof delta['content'] === 'string' ? delta['content'] : '';
    const logprobs = isObject(raw['logprobs']) ? readLogprobs(raw['logprobs']['content']) : undefined;
    const told = logprobs !== undefined && logprobs.length > 0;
    // A token may be half a character: it has a probability, and no text yet.
    if (text === '' && !told) return;
    choice.said.add('text');
    parts.push({ kind: 'text', choice: index, text, ...(told ? { logprobs } : {}) });
  }

  #call(index: number, choice: ChoiceSoFar, raw: JsonObject, delta: JsonObject, parts: StreamPart[]): void {
    const called = isObject(raw['function']) ? raw['function'] : {};
    const id = typeof raw['id'] === 'string' && raw['id'] !== '' ? raw['id'] : undefined;
    const name = typeof called['name'] === 'string' && called['name'] !== '' ? called['name'] : undefined;
    const at = typeof raw['index'] === 'number' ? raw['index'] : Math.max(0, choice.callCount - 1);
    let known = choice.calls.get(at);
    // Engines that do not number their calls tell them apart by id and name.
    if (known === undefined || (id !== undefined && name !== undefined && id !== known.id)) {
      if (name === undefined) throw new Garbled('a tool call begins without the name of its function');
      if (choice.callCount >= callsMax) throw new Garbled(`the answer has more than ${callsMax} tool calls`);
      known = { call: choice.callCount, id };
      choice.calls.set(at, known);
      choice.callCount += 1;
      choice.said.add('tool-call');
      const ours = id ?? `call_${known.call}`;
      const state = readCarried(delta).calls.get(ours);
      parts.push({
        kind: 'tool-start',
        choice: index,
        call: known.call,
        id: ours,
        name,
        ...(state === undefined ? {} : { state }),
      });
    }
    const json = isObject(called['arguments']) ? inputText(called['arguments']) : called['arguments'];
    if (typeof json !== 'string' || json === '') return;
    parts.push({ kind: 'tool-input', choice: index, call: known.call, json });
  }
}

export function parseEvent(data: string): JsonObject {
  let value: unknown;
  try {
    value = data.includes(CALL_SIGN) && PARSED_ARGUMENTS.test(data) ? parseOpenai(data) : JSON.parse(data);
  } catch {
    throw new Garbled('an event of the stream is not JSON');
  }
  if (!isObject(value)) throw new Garbled('an event of the stream is no object');
  return value;
}
