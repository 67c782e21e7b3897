import type Groq from 'groq-sdk';
import { complaintsOf } from '../complaints.ts';
import type { Answer } from '../deliver.ts';
import { whole } from '../fake.ts';
import { cutInPieces, replyTo, tokensOf, type Reply } from '../script.ts';
import { sse } from '../sse.ts';
import { tallyOf, type Tally } from '../tally.ts';
import { askedOf } from './asked.ts';
import { refusedFor } from './errors.ts';
import type { GroqModel } from './models.ts';
import { checkChat, knownModel } from './rules.ts';
import { chatRequest, chatRequestWithStreamOptions, type GroqRequest, type GroqRequestWithOptions } from './schema.ts';
import { servedWord, type GroqSettings } from './settings.ts';

type Completion = Groq.Chat.ChatCompletion;
type Chunk = Groq.Chat.ChatCompletionChunk & { service_tier?: string; usage?: Groq.CompletionUsage };
type Usage = Groq.CompletionUsage;
type Identity = Pick<Completion, 'id' | 'created' | 'model' | 'system_fingerprint'>;

export const CREATED = 1_795_000_000;

export function chatAnswer(body: unknown, ids: () => string, settings: GroqSettings): Answer {
  const schema = settings.streamOptions ? chatRequestWithStreamOptions : chatRequest;
  for (const complaint of complaintsOf(schema, body)) throw refusedFor(complaint, body);
  const request = body as GroqRequestWithOptions;
  const model = knownModel(request.model);
  checkChat(request, model, settings);
  const asked = askedOf(request, model);
  const reply = replyTo(asked);
  const usage = usageOf(tallyOf(asked, reply, settings.usage));
  const tier = servedWord(request.service_tier, settings) as NonNullable<Completion['service_tier']> | undefined;
  const identity = { id: `chatcmpl-${ids()}`, created: CREATED, model: model.id, system_fingerprint: 'fp_fake' };
  const said = { reply: shown(request, model, reply), calls: callsOf(reply, ids) };
  const request_id = `req_01${ids()}`;
  if (request.stream !== true) {
    const { id, created, model: name, system_fingerprint } = identity;
    return whole({
      id,
      object: 'chat.completion',
      created,
      model: name,
      choices: [{ index: 0, message: messageOf(said), logprobs: null, finish_reason: finishOf(request, reply.stop) }],
      usage,
      system_fingerprint,
      x_groq: { id: request_id, seed: request.seed ?? 7 },
      ...(tier === undefined ? {} : { service_tier: tier }),
    } satisfies Completion);
  }
  const chunks = chunksOf(request, identity, said, reply);
  chunks[0]!.x_groq = { id: request_id, seed: request.seed ?? 7 };
  chunks.at(-1)!.x_groq = { id: request_id, usage };
  if (request.stream_options?.include_usage === true) chunks.push({ ...chunkOf(identity, []), usage });
  if (settings.tierInChunks && tier !== undefined) for (const chunk of chunks) chunk.service_tier = tier;
  return {
    kind: 'stream',
    headers: { 'content-type': 'text/event-stream' },
    events: [...chunks.map((chunk) => sse(chunk)), sse('[DONE]')],
    endEvents: 1,
  };
}

/** In seconds; sums of these are exact. */
const [QUEUE, PROMPT, COMPLETION] = [0.0625, 0.03125, 0.5];

function usageOf({ fresh, cached, visible, reasoning }: Tally): Usage {
  const prompt = fresh + cached;
  const completion = visible + reasoning;
  return {
    queue_time: QUEUE,
    prompt_tokens: prompt,
    prompt_time: PROMPT,
    completion_tokens: completion,
    completion_time: COMPLETION,
    total_tokens: prompt + completion,
    total_time: PROMPT + COMPLETION,
    ...(cached > 0 ? { prompt_tokens_details: { cached_tokens: cached } } : {}),
    ...(reasoning > 0 ? { completion_tokens_details: { reasoning_tokens: reasoning } } : {}),
  };
}

/** Where the thoughts are told, if they are. */
function shown(request: GroqRequest, { reasons }: GroqModel, reply: Reply): Pick<Reply, 'reasoning' | 'text'> {
  const { reasoning, text } = reply;
  if (reasoning === '') return { reasoning, text };
  if (reasons === 'field') return { reasoning: request.include_reasoning === false ? '' : reasoning, text };
  const orderly = (request.tools ?? []).length > 0 || (request.response_format?.type ?? 'text') !== 'text';
  const format =
    request.reasoning_format ?? (request.include_reasoning === false ? 'hidden' : orderly ? 'parsed' : 'raw');
  if (format === 'raw') return { reasoning: '', text: `<think>\n${reasoning}\n</think>\n\n${text}` };
  return { reasoning: format === 'parsed' ? reasoning : '', text };
}

interface Said {
  readonly reply: Pick<Reply, 'reasoning' | 'text'>;
  readonly calls: readonly Groq.Chat.ChatCompletionMessageToolCall[];
}

function callsOf(reply: Reply, ids: () => string): Said['calls'] {
  return reply.calls.map(({ name, input }) => ({
    id: `call_${ids()}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));
}

function messageOf({ reply: { reasoning, text }, calls }: Said): Groq.Chat.ChatCompletionMessage {
  return {
    role: 'assistant',
    content: calls.length > 0 && text === '' ? null : text,
    ...(reasoning === '' ? {} : { reasoning }),
    ...(calls.length > 0 ? { tool_calls: [...calls] } : {}),
  };
}

const FINISH = {
  end: 'stop',
  stop: 'stop',
  length: 'length',
  calls: 'tool_calls',
  refusal: 'stop',
  filtered: 'stop',
} as const;

function finishOf(request: GroqRequest, stop: Reply['stop']): Completion['choices'][number]['finish_reason'] {
  return stop === 'calls' && (request.tools ?? []).length === 0 ? 'function_call' : FINISH[stop];
}

type Delta = Chunk['choices'][number]['delta'];

function chunkOf({ id, created, model, system_fingerprint }: Identity, choices: Chunk['choices']): Chunk {
  return { id, object: 'chat.completion.chunk', created, model, system_fingerprint: system_fingerprint!, choices };
}

function chunksOf(request: GroqRequest, identity: Identity, { reply, calls }: Said, { stop }: Reply): Chunk[] {
  const deltas: Delta[] = [
    { role: 'assistant', content: calls.length > 0 ? null : '' },
    ...tokensOf(reply.reasoning).map((reasoning) => ({ reasoning })),
    ...tokensOf(reply.text).map((content) => ({ content })),
    ...calls.flatMap(({ id, function: { name, arguments: text } }, index) => [
      { tool_calls: [{ index, id, type: 'function' as const, function: { name, arguments: '' } }] },
      ...cutInPieces(text).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
  ];
  const going = deltas.map((delta) => chunkOf(identity, [{ index: 0, delta, logprobs: null, finish_reason: null }]));
  const finish_reason = finishOf(request, stop);
  return [...going, chunkOf(identity, [{ index: 0, delta: {}, logprobs: null, finish_reason }])];
}
