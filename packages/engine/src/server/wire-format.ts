import type { Finish } from './generation.ts';
import type { Token } from './token.ts';

export interface AnswerUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

/** What one choice came to. */
export interface ChoiceResult {
  readonly tokens: readonly Token[];
  readonly finish: Finish;
}

/** Says answers in one endpoint's JSON, compact, member for member as vLLM orders them. */
export interface WireFormat {
  /** Sent when the first token of a choice is ready, before it. */
  openingChunk(choice: number, usage: AnswerUsage | undefined): string | undefined;
  chunk(choice: number, tokens: readonly Token[], finish: Finish | undefined, usage: AnswerUsage | undefined): string;
  usageChunk(usage: AnswerUsage): string;
  whole(choices: readonly ChoiceResult[], usage: AnswerUsage): string;
}

/** What every object of one answer says about it. */
export interface AnswerIdentity {
  readonly id: string;
  readonly createdS: number;
  readonly model: string;
  /** Told as `system_fingerprint`. */
  readonly fingerprint: string;
}

export function usageJson(usage: AnswerUsage): string {
  return JSON.stringify({
    prompt_tokens: usage.promptTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    completion_tokens: usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
  });
}

/** The members before `choices`, which are the same in every chunk and so are written once. */
export function chunkHead(identity: AnswerIdentity, object: string): string {
  const head = JSON.stringify({
    id: identity.id,
    object,
    created: identity.createdS,
    model: identity.model,
    system_fingerprint: identity.fingerprint,
  });
  return `${head.slice(0, -1)},"choices":`;
}

export function closeChunk(usage: AnswerUsage | undefined): string {
  return usage === undefined ? '}' : `,"usage":${usageJson(usage)}}`;
}
