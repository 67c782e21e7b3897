import type { Continuation } from '@offpeak/core';
import type { Usage } from '../dialect.ts';
import { GroqMarks } from '../groq/stream-marks.ts';
import { SseReader } from '../sse/reader.ts';
import { isObject, type JsonObject } from './accumulate.ts';
import { StreamCollector, usageOverRuns } from './collect.ts';
import type { Emitted } from './resume.ts';
import { usageOf } from './usage.ts';

type Operation = 'chat' | 'completions';

/** The parts of a chunk that are written anew for the client. */
interface Chunk {
  id?: unknown;
  created?: unknown;
  model?: unknown;
  system_fingerprint?: unknown;
  service_tier?: unknown;
  choices?: { delta?: Record<string, unknown>; text?: unknown; finish_reason?: unknown }[];
  usage?: unknown;
}

/** An answer has one identity, whatever number of runs it took. */
const IDENTITY = ['id', 'created', 'model', 'system_fingerprint'] as const;

/**
 * The answer of a request that may be evicted, over all its runs: what was generated so far, and how it goes on. Each run's stream
 * is parsed, so that the next run can be told where to continue and the client sees one answer with one identity and one usage.
 */
export class KeptAnswer {
  readonly #collector: StreamCollector;
  readonly #includeUsage: boolean;
  readonly #allowed: Continuation;
  readonly #groqId: string | undefined;
  readonly #marks: GroqMarks | null;
  #reader: SseReader = new SseReader();
  #identity: Chunk | null = null;
  /** Tokens of earlier runs, which the run of now takes for prompt. */
  #earlierTokens = 0;
  /** White space at the end of what was sent, which the run of now is expected to say again. */
  #repeated = '';
  #runs = 0;

  /**
   * `allowed`: how far request and engines let another run go on with this answer; `choices`: how many were asked for; `groqId`: what a
   * client of Groq's wire is to be told as the request's id.
   */
  constructor(
    operation: Operation,
    includeUsage: boolean,
    allowed: Continuation,
    choices: number = 1,
    groqId?: string,
  ) {
    this.#collector = new StreamCollector(operation, choices);
    this.#groqId = groqId;
    this.#marks = groqId === undefined ? null : new GroqMarks(groqId);
    this.#includeUsage = includeUsage;
    this.#allowed = allowed;
  }

  get tokens(): number {
    return this.#collector.tokens;
  }

  /** The end marker of the run came. */
  get marked(): boolean {
    return this.#collector.done;
  }

  /** Nothing of the answer is missing, whether or not the marker came. */
  get whole(): boolean {
    return this.#collector.done || this.#collector.finished;
  }

  get error(): unknown {
    return this.#collector.error;
  }

  /** What is here can be gone on from. */
  get continuable(): boolean {
    return this.#allowed === 'continue' && this.#collector.continuable;
  }

  /** Of the whole request, once the engine has reported it. */
  get usage(): Usage | null {
    const last = this.#collector.usage;
    return last === null ? null : usageOverRuns(last, this.#earlierTokens);
  }

  /**
   * What the next run is given to continue. Chat templates that trim messages would lose white space at the end of it unseen, so it
   * is held back here, and taken out of what the next run says first.
   */
  get emitted(): Emitted {
    if (this.#earlierTokens === 0) return { text: '', tokens: 0 };
    const tokens = this.#repeated === '' ? this.#earlierTokens : this.#earlierTokens - 1;
    return { text: this.#collector.emittedText().trimEnd(), tokens };
  }

  /** A new run begins, from the kept text where there is some to go on from, else from the prompt. Returns tokens thrown away. */
  beginRun(): number {
    this.#runs += 1;
    if (this.#runs === 1) return 0;
    this.#reader = new SseReader();
    this.#marks?.nextRun(!this.continuable);
    if (this.continuable) {
      this.#collector.nextRun();
      this.#earlierTokens = this.#collector.tokens;
      const text = this.#collector.emittedText();
      this.#repeated = text.slice(text.trimEnd().length);
      return 0;
    }
    const wasted = this.#collector.tokens;
    this.#collector.restart();
    this.#earlierTokens = 0;
    this.#repeated = '';
    this.#identity = null;
    return wasted;
  }

  /** Takes bytes of the engine's stream; returns what a streaming client is to get for them. Throws on garbage. */
  push(bytes: Buffer, tierWord: string): string {
    let text = '';
    for (const data of this.#reader.push(bytes)) {
      if (data === '[DONE]') {
        this.#collector.done = true;
        continue;
      }
      const chunk = JSON.parse(data) as Chunk;
      if (this.#repeated !== '') this.#dropRepeated(chunk);
      this.#collector.add(chunk);
      if (this.#collector.error !== null) break;
      const event = this.#dress(chunk, tierWord) ? `data: ${JSON.stringify(chunk)}\n\n` : null;
      if (this.#marks === null) text += event ?? '';
      else text += this.#marks.take(event, chunk, usageOf(chunk.usage) === null ? null : (chunk.usage as object));
    }
    return text;
  }

  /** What a streaming client has still to get of an answer that is whole. */
  ending(): string {
    return `${this.#marks?.rest() ?? ''}data: [DONE]\n\n`;
  }

  unary(tierWord: string, usage: Usage | null): object {
    const answer = this.#collector.build(tierWord, usage);
    return this.#groqId === undefined ? answer : { x_groq: { id: this.#groqId }, ...answer };
  }

  /** A token that was only said again is counted in the run of now, so it no longer counts as an earlier one. */
  #dropRepeated(chunk: Chunk): void {
    const choice = chunk.choices?.[0];
    if (choice === undefined) return;
    const { delta } = choice;
    const said = delta === undefined ? choice.text : delta['content'];
    if (typeof said !== 'string' || said === '') return;
    let same = 0;
    while (same < said.length && said[same] === this.#repeated[same]) same += 1;
    if (same === said.length) this.#earlierTokens = Math.max(1, this.#earlierTokens - 1);
    this.#repeated = same === said.length ? this.#repeated.slice(same) : '';
    if (delta === undefined) choice.text = said.slice(same);
    else delta['content'] = said.slice(same);
  }

  /** Writes the chunk as the one answer's; false where the client is not to see it. */
  #dress(chunk: Chunk, tierWord: string): boolean {
    if (this.#identity === null) this.#identity = chunk;
    else for (const name of IDENTITY) if (this.#identity[name] !== undefined) chunk[name] = this.#identity[name];
    chunk.service_tier = tierWord;
    const choices = chunk.choices ?? [];
    if (usageOf(chunk.usage) !== null) {
      chunk.usage = withCounts(chunk.usage as JsonObject, this.usage!);
      if (choices.length === 0 && !this.#includeUsage) return false;
    }
    if (this.#earlierTokens === 0 || choices.length === 0) return true;
    // A run that goes on announces the role again; the client has heard of it.
    for (const { delta } of choices) if (delta !== undefined) delete delta['role'];
    return choices.some((choice) => saysSomething(choice)) || usageOf(chunk.usage) !== null;
  }
}

function saysSomething(choice: { delta?: Record<string, unknown>; text?: unknown; finish_reason?: unknown }): boolean {
  if (choice.finish_reason !== null && choice.finish_reason !== undefined) return true;
  if (choice.delta === undefined) return choice.text !== '';
  return Object.values(choice.delta).some((value) => value !== '' && value !== null);
}

/** What the last run found in its cache may be more than the request's own prompt: part of the answer was prompt to it. */
function withCounts(raw: JsonObject, usage: Usage): object {
  const details = raw['prompt_tokens_details'];
  return {
    ...raw,
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    ...(isObject(details) ? { prompt_tokens_details: { ...details, cached_tokens: usage.cachedInput } } : {}),
  };
}
