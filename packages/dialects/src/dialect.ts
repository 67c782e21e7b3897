import type { Continuation, LimitReport, Tier } from '@offpeak/core';
import type { Problem, WireError } from './problem.ts';

export type DialectName = 'openai' | 'groq';

/** What a path of the wire does. */
export type Operation = 'chat' | 'completions' | 'embeddings' | 'models' | 'model';

/** Token counts of one answer, by kind. `input` is all of the prompt, cached included. */
export interface Usage {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly reasoning: number;
}

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

/** A wire's behaviour apart from the bytes of the hot path. */
export interface Dialect {
  readonly name: DialectName;
  /** The words that a client may send as tier, most usual first; used in errors. */
  readonly tierWords: readonly string[];
  problem(problem: Problem): WireError;
  /** The same problem told inside a stream that was already committed, ready to be written. */
  streamProblem(problem: Problem): string;
  /** The served tier in this dialect's own word. */
  servedWord(tier: Tier): string;
  /** Rate-limit headers of this dialect; names are lower case. */
  limitHeaders(report: LimitReport): Record<string, string>;
}
