import type OpenAI from 'openai';
import { complaintsOf } from '../complaints.ts';
import type { Answer } from '../deliver.ts';
import { whole } from '../fake.ts';
import { cutInPieces, replyTo, tokensOf, type Reply } from '../script.ts';
import { sse } from '../sse.ts';
import { tallyOf, type Tally } from '../tally.ts';
import { askedOf } from './asked.ts';
import { refusedFor } from './errors.ts';
import { checkChat, knownModel } from './rules.ts';
import { chatRequest, type ChatRequest } from './schema.ts';
import { servedWord, type OpenAiSettings } from './settings.ts';

type Completion = OpenAI.ChatCompletion;
type Chunk = OpenAI.ChatCompletionChunk;
type Logprobs = NonNullable<Completion['choices'][number]['logprobs']>;
type Identity = Pick<Completion, 'id' | 'created' | 'model' | 'service_tier' | 'system_fingerprint'>;

/** Answers of a fake are made at one moment. */
export const CREATED = 1_795_000_000;

export function chatAnswer(body: unknown, ids: () => string, settings: OpenAiSettings): Answer {
  for (const complaint of complaintsOf(chatRequest, handedBack(body))) throw refusedFor(complaint);
  const request = body as ChatRequest;
  const model = knownModel(request.model);
  checkChat(request, model);
  const asked = askedOf(request, model);
  // The API shows no reasoning in chat, and bills it.
  const reply = replyTo(asked);
  const tally = tallyOf(asked, reply, settings.usage);
  const tier = servedWord(request.service_tier, request.model, settings);
  const identity = {
    id: `chatcmpl-${ids()}`,
    created: CREATED,
    model: model.answersAs ?? model.id,
    ...(tier === undefined ? {} : { service_tier: tier as NonNullable<Completion['service_tier']> }),
    system_fingerprint: 'fp_fake',
  };
  const usage = usageOf(tally, request.n ?? 1);
  if (request.stream !== true) return whole(completionOf(request, identity, reply, usage, ids));
  return {
    kind: 'stream',
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    events: [...chunksOf(request, identity, reply, usage, ids).map((chunk) => sse(chunk)), sse('[DONE]')],
    endEvents: 1,
  };
}

/** Messages of answers come back as they were: the API's own examples append them, and it lets their annotations pass. */
function handedBack(body: unknown): unknown {
  const { messages } = (body ?? {}) as { messages?: unknown };
  if (!Array.isArray(messages)) return body;
  const said = messages.map((message: unknown) => {
    if (message === null || typeof message !== 'object' || !('annotations' in message)) return message;
    const { annotations: _, ...rest } = message;
    return rest;
  });
  return { ...(body as object), messages: said };
}

export function usageOf(
  { fresh, cached, cacheWrite, audio, visible, reasoning }: Tally,
  choices: number,
): OpenAI.CompletionUsage {
  const prompt = fresh + cached + cacheWrite;
  const completion = (visible + reasoning) * choices;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite, audio_tokens: audio },
    completion_tokens_details: {
      reasoning_tokens: reasoning * choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

const FINISH = {
  end: 'stop',
  stop: 'stop',
  length: 'length',
  calls: 'tool_calls',
  // A model that declines says so in `refusal` and stops as usual.
  refusal: 'stop',
  filtered: 'content_filter',
} as const;

function completionOf(
  request: ChatRequest,
  identity: Identity,
  reply: Reply,
  usage: OpenAI.CompletionUsage,
  ids: () => string,
): Completion {
  const refused = reply.stop === 'refusal';
  const choices = indexes(request).map((index) => ({
    index,
    message: {
      role: 'assistant' as const,
      content: refused || reply.calls.length > 0 ? null : reply.text,
      refusal: refused ? reply.text : null,
      ...calls(request, reply, ids),
      annotations: [],
    },
    logprobs: logprobsOf(request, reply, reply.text),
    finish_reason: finishOf(request, reply),
  }));
  const { id, created, model, ...rest } = identity;
  return { id, object: 'chat.completion', created, model, choices, usage, ...rest };
}

function finishOf(request: ChatRequest, reply: Reply): Completion['choices'][number]['finish_reason'] {
  return reply.stop === 'calls' && request.tools === undefined ? 'function_call' : FINISH[reply.stop];
}

function indexes(request: ChatRequest): number[] {
  return Array.from({ length: request.n ?? 1 }, (_, index) => index);
}

function calls(request: ChatRequest, reply: Reply, ids: () => string) {
  if (reply.calls.length === 0) return {};
  if (request.tools === undefined) {
    const [{ name, input }] = reply.calls as [Reply['calls'][number]];
    return { function_call: { name, arguments: JSON.stringify(input) } };
  }
  return { tool_calls: toolCalls(request, reply, ids) };
}

function toolCalls(request: ChatRequest, reply: Reply, ids: () => string): OpenAI.ChatCompletionMessageToolCall[] {
  const custom = new Set((request.tools ?? []).flatMap((tool) => (tool.type === 'custom' ? [tool.custom.name] : [])));
  return reply.calls.map(({ name, input }) => {
    const [id, text] = [`call_${ids()}`, JSON.stringify(input)];
    return custom.has(name)
      ? { id, type: 'custom', custom: { name, input: text } }
      : { id, type: 'function', function: { name, arguments: text } };
  });
}

/** The same numbers for the same token. */
function logprobsOf(request: ChatRequest, reply: Reply, text: string): Logprobs | null {
  if (request.logprobs !== true) return null;
  const tokens = tokensOf(text).map((token) => {
    const told = { token, logprob: -0.25, bytes: [...Buffer.from(token)] };
    const others = Array.from({ length: Math.max(0, (request.top_logprobs ?? 0) - 1) }, (_, index) => {
      const other = `${token}${index}`;
      return { token: other, logprob: -2 - index, bytes: [...Buffer.from(other)] };
    });
    return { ...told, top_logprobs: (request.top_logprobs ?? 0) > 0 ? [told, ...others] : [] };
  });
  return reply.stop === 'refusal' ? { content: null, refusal: tokens } : { content: tokens, refusal: null };
}

type Delta = Chunk['choices'][number]['delta'];

function chunksOf(
  request: ChatRequest,
  identity: Identity,
  reply: Reply,
  usage: OpenAI.CompletionUsage,
  ids: () => string,
): Chunk[] {
  const tells = request.stream_options?.include_usage === true;
  const pads = request.stream_options?.include_obfuscation !== false;
  const { id, created, model, ...rest } = identity;
  const of = (choices: Chunk['choices'], told: OpenAI.CompletionUsage | null): Chunk => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    ...rest,
    choices,
    ...(tells ? { usage: told } : {}),
    // Hides how long the tokens are.
    ...(pads ? { obfuscation: 'x'.repeat(8 - (JSON.stringify(choices).length % 8)) } : {}),
  });
  const said = indexes(request).flatMap((index) =>
    deltas(request, reply, ids).map(({ delta, text, finish }) =>
      of(
        [
          {
            index,
            delta,
            logprobs: text === undefined ? null : logprobsOf(request, reply, text),
            finish_reason: finish ? finishOf(request, reply) : null,
          },
        ],
        null,
      ),
    ),
  );
  return tells ? [...said, of([], usage)] : said;
}

interface Step {
  readonly delta: Delta;
  /** The token that the delta says, where it says one. */
  readonly text?: string;
  readonly finish?: true;
}

function deltas(request: ChatRequest, reply: Reply, ids: () => string): Step[] {
  const refused = reply.stop === 'refusal';
  const first: Step = {
    delta: { role: 'assistant', ...(reply.calls.length > 0 ? { content: null } : { content: '' }), refusal: null },
  };
  const texts = tokensOf(reply.text).map((text): Step => ({
    delta: refused ? { refusal: text } : { content: text },
    text,
  }));
  return [first, ...texts, ...callDeltas(request, reply, ids), { delta: {}, finish: true }];
}

function callDeltas(request: ChatRequest, reply: Reply, ids: () => string): Step[] {
  if (reply.calls.length === 0) return [];
  if (request.tools === undefined) {
    const [{ name, input }] = reply.calls as [Reply['calls'][number]];
    const pieces = cutInPieces(JSON.stringify(input)).map((piece) => ({
      delta: { function_call: { arguments: piece } },
    }));
    return [{ delta: { function_call: { name, arguments: '' } } }, ...pieces];
  }
  return toolCalls(request, reply, ids).flatMap((call, index): Step[] => {
    if (call.type === 'custom') {
      const { name, input } = call.custom;
      const head = {
        delta: { tool_calls: [{ index, id: call.id, type: 'custom' as const, custom: { name, input: '' } }] },
      };
      return [
        head,
        ...cutInPieces(input).map((piece) => ({ delta: { tool_calls: [{ index, custom: { input: piece } }] } })),
      ];
    }
    const { name, arguments: text } = call.function;
    const head = {
      delta: { tool_calls: [{ index, id: call.id, type: 'function' as const, function: { name, arguments: '' } }] },
    };
    return [
      head,
      ...cutInPieces(text).map((piece) => ({ delta: { tool_calls: [{ index, function: { arguments: piece } }] } })),
    ];
  });
}
