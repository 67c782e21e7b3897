import type { Usage } from '../dialect.ts';
import { accumulate, isObject, weightOf, type JsonObject } from './accumulate.ts';
import { carriesToken, type ChunkChoice } from './chunk.ts';
import { Finishes } from './finishes.ts';
import { usageOf } from './usage.ts';

/** An engine that never stops would otherwise fill memory. No model's answer is as long. */
export const collectedCharsMax: number = 64 * 1024 * 1024;

export class AnswerTooLarge extends Error {
  constructor() {
    super(`the engine's answer is larger than ${collectedCharsMax} characters`);
    this.name = 'AnswerTooLarge';
  }
}

/** What is told apart from the fields that simply pass from the chunks to the answer. */
const PLACED: ReadonlySet<string> = new Set(['object', 'choices', 'usage', 'service_tier']);

/**
 * Builds the unary answer of a chat or completion from an engine's stream: a unary client whose request may be evicted is served
 * by streaming, so that what was generated can be kept. Over several runs the answer grows on; `id`, `created` and the like are
 * the first run's.
 */
export class StreamCollector {
  /** Chunks that carried a token, over all runs: what progress is counted in until the usage block gives the exact number. */
  tokens = 0;
  /** The engine's own count of the run that ended last. */
  usage: Usage | null = null;
  /** The error object of an engine that failed inside its stream. */
  error: unknown = null;
  /** The run's end marker came. Set by who reads the events: it is none that could be added. */
  done = false;

  readonly #chat: boolean;
  readonly #finishes: Finishes;
  #chars = 0;
  #fields: JsonObject = {};
  /** In unary form, by `index`. */
  #choices = new Map<number, JsonObject>();
  #rawUsage: JsonObject | null = null;
  #textOnly = true;

  /** `choices`: how many were asked for. */
  constructor(operation: 'chat' | 'completions', choices: number = 1) {
    this.#chat = operation === 'chat';
    this.#finishes = new Finishes(choices);
  }

  /** Every choice has finished. */
  get finished(): boolean {
    return this.#finishes.all;
  }

  /** One parsed chunk; parts of it are kept as they are. Throws where it is not an object, and when the answer is too large. */
  add(chunk: unknown): void {
    if (!isObject(chunk)) throw new Error('the engine sent a stream event that is not an object');
    if (chunk['error'] !== undefined && chunk['error'] !== null) {
      this.error = chunk['error'];
      return;
    }
    for (const [name, value] of Object.entries(chunk)) {
      if (PLACED.has(name) || value === null || Object.hasOwn(this.#fields, name)) continue;
      this.#fields[name] = value;
      this.#grew(name.length + weightOf(value));
    }
    const usage = usageOf(chunk['usage']);
    if (usage !== null) {
      this.usage = usage;
      this.#rawUsage = chunk['usage'] as JsonObject;
    }
    const choices = chunk['choices'];
    if (!Array.isArray(choices)) return;
    for (const choice of choices) if (isObject(choice)) this.#addChoice(choice);
  }

  /** The request goes on in another run, from the text that is here. */
  nextRun(): void {
    this.usage = null;
    this.#rawUsage = null;
    this.error = null;
    this.done = false;
    this.#finishes.reset();
  }

  /** The request starts again from its prompt: what was collected does not count. */
  restart(): void {
    this.nextRun();
    this.tokens = 0;
    this.#chars = 0;
    this.#fields = {};
    this.#choices = new Map();
    this.#textOnly = true;
  }

  /** The first choice's text so far. */
  emittedText(): string {
    const choice = this.#choices.get(0);
    const holder = this.#chat ? choice?.['message'] : choice;
    const text = isObject(holder) ? holder[this.#chat ? 'content' : 'text'] : undefined;
    return typeof text === 'string' ? text : '';
  }

  /** The text is all that was said: no tool call, reasoning or refusal, and one choice. */
  get continuable(): boolean {
    return this.#textOnly;
  }

  /** The answer. `usage` is what is told instead of the last run's own count. */
  build(tierWord: string, usage: Usage | null): JsonObject {
    const choices = [...this.#choices].sort(([a], [b]) => a - b).map(([, choice]) => this.#finishChoice(choice));
    return {
      ...this.#fields,
      object: this.#chat ? 'chat.completion' : 'text_completion',
      service_tier: tierWord,
      choices,
      ...(usage === null ? {} : { usage: usageObject(this.#rawUsage, usage) }),
    };
  }

  #addChoice(choice: JsonObject): void {
    const { index: givenIndex, delta, ...rest } = choice;
    const index = typeof givenIndex === 'number' ? givenIndex : 0;
    if (index !== 0 || saysMoreThanText(delta)) this.#textOnly = false;
    if (carriesToken(choice as ChunkChoice)) this.tokens += 1;
    this.#finishes.note(choice);
    let known = this.#choices.get(index);
    if (known === undefined) {
      known = this.#chat ? { index, message: {} } : { index };
      this.#choices.set(index, known);
      this.#grew(weightOf(known));
    }
    this.#grew(accumulate(known, isObject(delta) ? { ...rest, message: delta } : rest));
  }

  #grew(chars: number): void {
    this.#chars += chars;
    if (this.#chars > collectedCharsMax) throw new AnswerTooLarge();
  }

  #finishChoice(choice: JsonObject): JsonObject {
    const { index, message, finish_reason: finish, ...rest } = choice;
    if (!this.#chat) return { index, text: '', logprobs: null, ...rest, finish_reason: finish ?? null };
    return { index, message: finishMessage(message), logprobs: null, ...rest, finish_reason: finish ?? null };
  }
}

const TEXT_MEMBERS: ReadonlySet<string> = new Set(['role', 'content']);

function saysMoreThanText(delta: unknown): boolean {
  if (!isObject(delta)) return false;
  return Object.entries(delta).some(([name, value]) => !TEXT_MEMBERS.has(name) && !saysNothing(value));
}

function saysNothing(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A chat message in unary form: always with content and refusal, and tool calls without the index that only streams have. */
function finishMessage(message: unknown): JsonObject {
  const { role, content, tool_calls: calls, ...rest } = isObject(message) ? message : {};
  const called = (Array.isArray(calls) && calls.length > 0) || isObject(rest['function_call']);
  const text = typeof content === 'string' && !(called && content === '') ? content : called ? null : '';
  const finished: JsonObject = { role: role ?? 'assistant', content: text, refusal: null, ...rest };
  if (Array.isArray(calls) && calls.length > 0) finished['tool_calls'] = calls.map(withoutIndex);
  return finished;
}

function withoutIndex(call: unknown): unknown {
  if (!isObject(call)) return call;
  const { index: _index, ...rest } = call;
  return rest;
}

/** The engine's own details, with the counts that are billed. */
function usageObject(raw: JsonObject | null, usage: Usage): JsonObject {
  const details = (name: string): JsonObject => (isObject(raw?.[name]) ? raw[name] : {});
  return {
    ...raw,
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { ...details('prompt_tokens_details'), cached_tokens: usage.cachedInput },
    completion_tokens_details: { ...details('completion_tokens_details'), reasoning_tokens: usage.reasoning },
  };
}

/**
 * The whole request's usage when its last run went on from `emittedTokens` that earlier runs generated: that run counted them as
 * prompt.
 */
export function usageOverRuns(last: Usage, emittedTokens: number): Usage {
  const input = Math.max(0, last.input - emittedTokens);
  return {
    input,
    cachedInput: Math.min(last.cachedInput, input),
    output: last.output + emittedTokens,
    reasoning: last.reasoning,
  };
}
