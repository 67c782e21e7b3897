import type Anthropic from '@anthropic-ai/sdk';
import { complaintsOf } from '../complaints.ts';
import type { Answer } from '../deliver.ts';
import { whole } from '../fake.ts';
import { countTokens, cutInPieces, replyTo, tokensOf, type Reply } from '../script.ts';
import { sse } from '../sse.ts';
import { tallyOf, type Tally } from '../tally.ts';
import { askedOf, promptOf } from './asked.ts';
import { refusedFor } from './errors.ts';
import type { AnthropicModel } from './models.ts';
import { checkCounted, checkMessages, knownModel } from './rules.ts';
import { countRequest, MESSAGES_REQUESTS, type ApiVersion, type CountRequest, type MessagesRequest } from './schema.ts';
import type { AnthropicSettings } from './settings.ts';
import { signatureOf } from './signature.ts';

type Content = Anthropic.TextBlock | Anthropic.ThinkingBlock | Anthropic.ToolUseBlock;

export function messagesAnswer(
  body: unknown,
  version: ApiVersion,
  ids: () => string,
  settings: AnthropicSettings,
): Answer {
  for (const complaint of complaintsOf(MESSAGES_REQUESTS[version], body)) throw refusedFor(complaint, body);
  const request = body as MessagesRequest;
  const model = knownModel(request.model);
  checkMessages(request, model, version);
  const message = composed(request, model, ids, settings);
  if (request.stream !== true) return whole(message);
  return {
    kind: 'stream',
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    events: eventsOf(message).map((event) => sse(event, event.type)),
    endEvents: 1,
  };
}

/** The whole answer, however it is then sent. */
export function composed(
  request: MessagesRequest,
  model: AnthropicModel,
  ids: () => string,
  settings: Pick<AnthropicSettings, 'usage' | 'tier' | 'cacheTtl' | 'searches'>,
): Anthropic.Message {
  const asked = askedOf(request, model);
  const reply = replyTo(asked);
  return {
    id: `msg_${ids()}`,
    type: 'message',
    role: 'assistant',
    model: model.id,
    content: contentOf(request, model, reply, ids),
    stop_reason: STOPS[reply.stop],
    stop_sequence: reply.stopSequence ?? null,
    stop_details:
      reply.stop === 'filtered' ? { type: 'refusal', category: 'cyber', explanation: 'It was withheld.' } : null,
    container: null,
    diagnostics: null,
    usage: usageOf(request, tallyOf(asked, reply, settings.usage), settings),
  };
}

export function countAnswer(body: unknown, version: ApiVersion): Answer {
  for (const complaint of complaintsOf(countRequest, body)) throw refusedFor(complaint, body);
  const request = body as CountRequest;
  checkCounted(request, knownModel(request.model), version);
  return whole({ input_tokens: countTokens(promptOf(request)) } satisfies Anthropic.MessageTokensCount);
}

const STOPS = {
  end: 'end_turn',
  stop: 'stop_sequence',
  length: 'max_tokens',
  calls: 'tool_use',
  refusal: 'refusal',
  filtered: 'refusal',
} as const;

function contentOf(request: MessagesRequest, model: AnthropicModel, reply: Reply, ids: () => string): Content[] {
  const { thinking } = request;
  const asked = thinking !== undefined && 'display' in thinking ? thinking.display : undefined;
  const shown = (asked ?? model.display) === 'summarized' ? reply.reasoning : '';
  const content: Content[] = [];
  if (reply.reasoning !== '') content.push({ type: 'thinking', thinking: shown, signature: signatureOf(shown) });
  if (reply.text !== '') content.push({ type: 'text', text: reply.text, citations: null });
  for (const { name, input } of reply.calls) {
    content.push({ type: 'tool_use', id: `toolu_${ids()}`, name, input, caller: { type: 'direct' } });
  }
  return content;
}

function usageOf(
  request: MessagesRequest,
  tally: Tally,
  settings: Pick<AnthropicSettings, 'tier' | 'cacheTtl' | 'searches'>,
): Anthropic.Usage {
  const long = settings.cacheTtl === '1h';
  const maySearch = (request.tools ?? []).some(({ name, type }) => name === 'web_search' && type !== 'custom');
  const searched = maySearch ? settings.searches : 0;
  return {
    input_tokens: tally.fresh,
    cache_creation_input_tokens: tally.cacheWrite,
    cache_read_input_tokens: tally.cached,
    cache_creation: {
      ephemeral_5m_input_tokens: long ? 0 : tally.cacheWrite,
      ephemeral_1h_input_tokens: long ? tally.cacheWrite : 0,
    },
    output_tokens: tally.visible + tally.reasoning,
    output_tokens_details: { thinking_tokens: tally.reasoning },
    server_tool_use: searched === 0 ? null : { web_search_requests: searched, web_fetch_requests: 0 },
    service_tier: request.service_tier === 'standard_only' && settings.tier !== null ? 'standard' : settings.tier,
    speed: request.speed ?? null,
    inference_geo: request.inference_geo ?? null,
  };
}

export type Event = Anthropic.RawMessageStreamEvent | { readonly type: 'ping' };

export function eventsOf(message: Anthropic.Message): Event[] {
  const { content, stop_reason, stop_sequence, stop_details, container, usage, ...rest } = message;
  // The first event knows the prompt, and that an answer has begun.
  const start: Anthropic.Message = {
    ...rest,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage: { ...usage, output_tokens: 1, output_tokens_details: null, server_tool_use: null },
  };
  const blocks = content.map((block, index) => blockEvents(block as Content, index));
  const [first = [], ...others] = blocks;
  return [
    { type: 'message_start', message: start },
    ...first.slice(0, 1),
    { type: 'ping' },
    ...first.slice(1),
    ...others.flat(),
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence, stop_details, container },
      usage: {
        input_tokens: usage.input_tokens,
        cache_creation_input_tokens: usage.cache_creation_input_tokens,
        cache_read_input_tokens: usage.cache_read_input_tokens,
        output_tokens: usage.output_tokens,
        output_tokens_details: usage.output_tokens_details,
        server_tool_use: usage.server_tool_use,
      },
    },
    { type: 'message_stop' },
  ];
}

function blockEvents(block: Content, index: number): Event[] {
  const delta = (change: Anthropic.RawContentBlockDelta): Event => ({
    type: 'content_block_delta',
    index,
    delta: change,
  });
  const wrap = (empty: Content, deltas: readonly Event[]): Event[] => [
    { type: 'content_block_start', index, content_block: empty },
    ...deltas,
    { type: 'content_block_stop', index },
  ];
  switch (block.type) {
    case 'thinking':
      return wrap({ ...block, thinking: '', signature: '' }, [
        ...tokensOf(block.thinking).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block.signature }),
      ]);
    case 'text':
      return wrap(
        { ...block, text: '' },
        tokensOf(block.text).map((text) => delta({ type: 'text_delta', text })),
      );
    case 'tool_use':
      return wrap(
        { ...block, input: {} },
        ['', ...cutInPieces(JSON.stringify(block.input))].map((json) =>
          delta({ type: 'input_json_delta', partial_json: json }),
        ),
      );
  }
}
