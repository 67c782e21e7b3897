import type OpenAI from 'openai';
import { replyTo, tokensOf, type Asked, type Reply } from '../../script.ts';
import { tallyOf, type Tally } from '../../tally.ts';
import { CREATED } from '../chat.ts';
import type { OpenAiModel } from '../models.ts';
import { servedWord, type OpenAiSettings } from '../settings.ts';
import { encryptionOf } from './encryption.ts';
import type { ResponsesRequest } from './schema.ts';
import type { WireResponse } from './store.ts';
import { isSet } from '../../is-set.ts';

type Output = OpenAI.Responses.ResponseOutputItem;

/** The whole response, as it is when all is done. */
export function composed(
  request: ResponsesRequest,
  asked: Asked,
  model: OpenAiModel,
  ids: () => string,
  settings: OpenAiSettings,
): WireResponse {
  const reply = replyTo(asked);
  const tier = servedWord(request.service_tier, model.id, settings) as
    NonNullable<OpenAI.Responses.Response['service_tier']> | undefined;
  const reason =
    reply.stop === 'length' ? 'max_output_tokens' : reply.stop === 'filtered' ? 'content_filter' : undefined;
  const base = unfinished(request, model, `resp_${ids()}`);
  return {
    ...base,
    status: reason === undefined ? 'completed' : 'incomplete',
    completed_at: reason === undefined ? CREATED + 1 : null,
    incomplete_details: reason === undefined ? null : { reason },
    output: [...(settings.searches ? searchOf(request, asked, ids) : []), ...outputOf(request, reply, ids)],
    usage: usageOf(tallyOf(asked, reply, settings.usage)),
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
}

/** As it is told while nothing of it is known: with what was asked, the tier's word included. */
export function begun(final: WireResponse, request: ResponsesRequest, status: 'queued' | 'in_progress'): WireResponse {
  const { usage: _later, ...rest } = final;
  const tier = 'service_tier' in final ? { service_tier: request.service_tier ?? ('auto' as const) } : {};
  return { ...rest, status, completed_at: null, incomplete_details: null, output: [], ...tier };
}

function unfinished(request: ResponsesRequest, model: OpenAiModel, id: string): WireResponse {
  return {
    id,
    object: 'response',
    created_at: CREATED,
    status: 'in_progress',
    background: request.background ?? false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: model.answersAs ?? model.id,
    access_programs: null,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    temperature: request.temperature ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium', ...request.text } as NonNullable<WireResponse['text']>,
    tool_choice: (request.tool_choice ?? 'auto') as WireResponse['tool_choice'],
    tools: (request.tools ?? []) as WireResponse['tools'],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    metadata: request.metadata ?? {},
    ...(request.user === undefined ? {} : { user: request.user }),
  };
}

/** Where it may: a search comes before what is made of it. */
function searchOf({ tools = [] }: ResponsesRequest, { prompt }: Asked, ids: () => string): Output[] {
  if (!tools.some(({ type }) => type === 'web_search' || type === 'web_search_2025_08_26')) return [];
  return [
    {
      id: `ws_${ids()}`,
      type: 'web_search_call',
      status: 'completed',
      action: { type: 'search', query: prompt, queries: [prompt] },
    },
  ];
}

function outputOf(request: ResponsesRequest, reply: Reply, ids: () => string): Output[] {
  const output: Output[] = [];
  if (reply.reasoning !== '') output.push(reasoningOf(request, reply, `rs_${ids()}`));
  if (reply.text !== '') {
    output.push({
      id: `msg_${ids()}`,
      type: 'message',
      status: reply.stop === 'length' || reply.stop === 'filtered' ? 'incomplete' : 'completed',
      role: 'assistant',
      content: [
        reply.stop === 'refusal'
          ? { type: 'refusal', refusal: reply.text }
          : { type: 'output_text', text: reply.text, annotations: [], logprobs: logprobsOf(request, reply.text) },
      ],
    });
  }
  const custom = new Set((request.tools ?? []).flatMap((tool) => (tool.type === 'custom' ? [tool.name] : [])));
  for (const { name, input } of reply.calls) {
    const [call_id, text] = [`call_${ids()}`, JSON.stringify(input)];
    output.push(
      custom.has(name)
        ? { id: `ctc_${ids()}`, type: 'custom_tool_call', call_id, name, input: text }
        : { id: `fc_${ids()}`, type: 'function_call', status: 'completed', call_id, name, arguments: text },
    );
  }
  return output;
}

/** A summary only where one is wanted; the thoughts themselves never. */
function reasoningOf({ reasoning, include }: ResponsesRequest, reply: Reply, id: string): Output {
  const wanted = isSet(reasoning?.summary ?? reasoning?.generate_summary);
  return {
    id,
    type: 'reasoning',
    summary: wanted ? [{ type: 'summary_text', text: reply.reasoning }] : [],
    ...(include?.includes('reasoning.encrypted_content') === true ? { encrypted_content: encryptionOf(id) } : {}),
  };
}

export function logprobsOf(
  request: ResponsesRequest,
  text: string,
): NonNullable<OpenAI.Responses.ResponseOutputText['logprobs']> {
  if (request.include?.includes('message.output_text.logprobs') !== true) return [];
  return tokensOf(text).map((token) => {
    const told = { token, logprob: -0.25, bytes: [...Buffer.from(token)] };
    const others = Array.from({ length: Math.max(0, (request.top_logprobs ?? 0) - 1) }, (_, index) => {
      const other = `${token}${index}`;
      return { token: other, logprob: -2 - index, bytes: [...Buffer.from(other)] };
    });
    return { ...told, top_logprobs: (request.top_logprobs ?? 0) > 0 ? [told, ...others] : [] };
  });
}

function usageOf({ fresh, cached, cacheWrite, visible, reasoning }: Tally): OpenAI.Responses.ResponseUsage {
  const input = fresh + cached + cacheWrite;
  const output = visible + reasoning;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
