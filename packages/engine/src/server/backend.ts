import type { ServerResponse } from 'node:http';
import type { ChatRequest } from './chat-request.ts';
import type { CompletionRequest } from './completion-request.ts';
import type { JsonObject } from './fields.ts';
import type { EngineMetrics } from './metrics.ts';
import type { RequestProblem } from './problem.ts';
import type { Sampling } from './sampling.ts';
import type { Token } from './token.ts';
import type { AnswerIdentity } from './wire-format.ts';

/** What the server needs of an engine in order to speak OpenAI's wire, with vLLM's additions, for it. */
export interface Backend {
  /** Longest prompt plus answer. */
  readonly contextTokensMax: number;
  /** Requests that it holds at once, running and waiting; one more is refused with 503. */
  readonly requestsMax: number;
  readonly gauges: EngineGauges;
  /** The engine's own clock, in ms. */
  nowMs(): number;
  /** Each throws a `RequestProblem` where the engine cannot do what is asked. One plan per choice, in the wire's order. */
  planChat(request: ChatRequest): readonly ChoicePlan[];
  planCompletion(request: CompletionRequest): readonly ChoicePlan[];
  /** Absent where the engine has no embeddings. */
  embed?(body: JsonObject, answer: EmbeddingAnswer): void;
}

/** How full the engine is at this moment, and what it counted since its start. */
export interface EngineGauges {
  readonly runningRequests: number;
  readonly waitingRequests: number;
  /** Share of the KV cache that requests hold, 0..1. */
  readonly kvUsage: number;
  readonly kvBlocks: number;
  readonly blockTokens: number;
  readonly prefixQueryTokens: number;
  readonly prefixHitTokens: number;
  readonly preemptions: number;
}

/** One choice of an answer, laid out and not yet begun. */
export interface ChoicePlan {
  readonly promptTokens: number;
  /** What an answer that echoes its prompt begins with. */
  readonly promptText: string;
  start(task: ChoiceTask, listener: ChoiceListener): ChoiceRun;
}

export interface ChoiceTask {
  readonly id: string;
  readonly arrivalMs: number;
  /** The answer's tokens at most; they fit into the context together with the prompt. */
  readonly maxTokens: number;
  readonly sampling: Sampling;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls';

/** Told of a choice's tokens, in order, until the one that comes with an end, or until the failure. */
export interface ChoiceListener {
  /** A token that shows nothing, such as the end mark, is counted and has no `token`. */
  generated(atMs: number, token: Token | undefined, end: FinishReason | undefined): void;
  failed(problem: RequestProblem): void;
}

/** A choice that the engine works on. */
export interface ChoiceRun {
  /** Prompt tokens that were in the engine's cache; known with the first token. */
  readonly cachedTokens: number;
  /** The engine drops it; nothing more is told. Does nothing where it has ended already. */
  stop(): void;
}

/** Where an answer with embeddings goes. */
export interface EmbeddingAnswer {
  readonly identity: AnswerIdentity;
  readonly response: ServerResponse;
  readonly metrics: EngineMetrics;
}
