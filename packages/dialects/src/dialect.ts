import type { Continuation, LimitReport, Tier } from '@offpeak/core';
import type { ModelInfo } from './openai/models.ts';
import type { Problem, WireError } from './problem.ts';

export type DialectName = 'openai' | 'responses' | 'groq' | 'gemini' | 'anthropic' | 'bedrock';

/** What a path of the wire does. */
export type Operation =
  /** A model's answer to a conversation, whatever the wire calls it. */
  | 'chat'
  | 'completions'
  | 'embeddings'
  /** How many tokens a prompt has; free. */
  | 'count-tokens'
  | 'models'
  | 'model'
  /** A stored answer: to read it, to delete it, to stop it, to list what it was made from. */
  | 'stored-get'
  | 'stored-delete'
  | 'stored-cancel'
  | 'stored-inputs';

/** Token counts of one answer, by kind. `input` is all of the prompt, cached included. */
export interface Usage {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly reasoning: number;
  /** Of `input`: what was written into a prompt cache that charges for it. Absent: nothing, or nobody tells. */
  readonly cacheWrite?: number;
  /** Of `cacheWrite`: what is kept for longer than usual, for an hour instead of five minutes. Absent: nobody tells. */
  readonly longCacheWrite?: number;
  /** Searches on the web that the provider ran for it, and counted. */
  readonly searches?: number;
  /** What makes the price of these tokens another one, or is charged beside them. Absent: nothing that the answer tells of. */
  readonly extras?: readonly Extra[];
}

/**
 * - `fast`: it was made in a faster mode that is sold apart from the tiers;
 * - `in-us`: it had to be made in the United States; `elsewhere`: in another place that was named;
 * - `tools`: tools or filters ran at the provider that are charged by the call or by the hour;
 * - `media`: some of the tokens are sound, or pictures that were made, and cost something else than text;
 * - `uncounted`: there are tokens that these counts leave out, or that another model took.
 */
export type Extra = 'fast' | 'in-us' | 'elsewhere' | 'tools' | 'media' | 'uncounted';

/** What the gateway reads of a request's body; everything else passes by unread. */
export interface RequestFacts {
  readonly model: string;
  readonly stream: boolean;
  /** The client's word for a tier; null and undefined both mean that it said nothing. */
  readonly tierWord: string | null | undefined;
  /** The client's own bound on the answer, if any. */
  readonly maxTokens: number | undefined;
  /** The client asked for the usage chunk at the end of a stream. */
  readonly includeUsage: boolean;
  /** What the request allows; an engine that cannot continue a message lowers `continue` to `restart`. */
  readonly continuation: Continuation;
  readonly inputTokens: number;
}

export interface StreamForm {
  readonly contentType: string;
  /** Says nothing, and keeps the connection from looking dead. Valid before the first event and between any two. */
  readonly heartbeat: Buffer;
  /** How many of the bytes, which begin with an event, belong to events that are there to their end. */
  wholeBytes(bytes: Buffer): number;
  /** False: no event ends in these bytes, whatever stands before them. */
  mayEnd(bytes: Buffer): boolean;
  /** Where it is not what codecs write, server-sent events: makes it of them. */
  rewriter?(): StreamRewriter;
}

/** Of one stream. */
export interface StreamRewriter {
  /** What these bytes mean in the other form; may be empty while they are no whole event. */
  push(events: Buffer): Buffer;
  /** The end of it, after one event more. Called once. */
  end(last?: Buffer): Buffer;
}

/** A wire's behaviour apart from the bytes of the hot path. */
export interface Dialect {
  readonly name: DialectName;
  /** The words that a client may send as tier, most usual first; used in errors. */
  readonly tierWords: readonly string[];
  /** What each word that is taken means; more than `tierWords` where other vocabularies mean the same. */
  readonly tiers: ReadonlyMap<string, Tier | 'auto'>;
  problem(problem: Problem): WireError;
  /** The same problem told inside a stream that was already committed, ready to be written. */
  streamProblem(problem: Problem): Buffer;
  /** How its streams look from outside. */
  readonly streams: StreamForm;
  /** The served tier in this dialect's own word. */
  servedWord(tier: Tier): string;
  /** Rate-limit headers of this dialect; names are lower case. `wallMs`: time of day, for wires that tell resets as one. */
  limitHeaders(report: LimitReport, wallMs: number): Record<string, string>;
  /** Under which name every answer carries the request's id. */
  readonly requestIdHeader: string;
  /** Under which name an answer carries `servedWord`, on wires that tell the tier in a header. */
  readonly tierHeader?: string;
  /** What asking for one model, and for all, answers. */
  modelObject(model: ModelInfo): object;
  modelList(models: readonly ModelInfo[]): object;
}
