import type { StopReason } from '../canonical/answer.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { writeResponsesUsage } from './usage.ts';

/** Members of a request that its answer repeats, with what is told where the request does not say. */
const REPEATED: Readonly<Record<string, unknown>> = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  store: true,
  // What a model takes where nobody says anything is its own, and not known here.
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: null,
  truncation: 'disabled',
  user: null,
};

export interface Outcome {
  readonly status: 'in_progress' | 'completed' | 'incomplete';
  readonly reason: 'max_output_tokens' | 'content_filter' | null;
}

export const IN_PROGRESS: Outcome = { status: 'in_progress', reason: null };

/** A model that declined in words of its own is done; one that was cut off is not. */
export function outcomeOf(stop: StopReason, declined: boolean): Outcome {
  if (stop === 'length') return { status: 'incomplete', reason: 'max_output_tokens' };
  const cutOff = stop === 'filtered' || (stop === 'refusal' && !declined);
  return cutOff ? { status: 'incomplete', reason: 'content_filter' } : { status: 'completed', reason: null };
}

function responseId(as: AnswerIdentity): string {
  return `resp_${as.id}`;
}

export function responseObject(
  as: AnswerIdentity,
  wish: StreamWish,
  { status, reason }: Outcome,
  output: readonly JsonObject[],
  usage: Usage | null,
): JsonObject {
  return {
    id: responseId(as),
    object: 'response',
    created_at: as.created,
    status,
    error: null,
    incomplete_details: reason === null ? null : { reason },
    model: as.model,
    output,
    ...repeated(wish.request),
    access_programs: null,
    service_tier: as.tierWord(),
    ...(usage === null ? {} : { usage: writeResponsesUsage(usage) }),
  };
}

function repeated(request: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(REPEATED).map(([name, unsaid]) => [name, request[name] ?? unsaid]));
}
