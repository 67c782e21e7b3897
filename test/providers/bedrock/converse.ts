import { complaintsOf } from '../complaints.ts';
import type { Answer } from '../deliver.ts';
import { whole } from '../fake.ts';
import { countTokens, cutInPieces, replyTo, tokensOf, type Reply } from '../script.ts';
import { tallyOf, type Tally } from '../tally.ts';
import { askedOf, promptOf } from './asked.ts';
import { invalid, refusedFor } from './errors.ts';
import { eventFrame } from './frames.ts';
import type { BedrockModel } from './models.ts';
import { checkConversation, checkConverse } from './rules.ts';
import {
  converseRequest,
  converseStreamRequest,
  countRequest,
  type ConverseRequest,
  type CountRequest,
} from './schema.ts';
import { servedWord, type BedrockSettings } from './settings.ts';
import { signatureOf } from '../anthropic/signature.ts';

export const LATENCY_MS = 42;

type Block =
  | { readonly reasoningContent: { readonly reasoningText: { readonly text: string; readonly signature?: string } } }
  | { readonly text: string }
  | { readonly toolUse: { readonly toolUseId: string; readonly name: string; readonly input: unknown } };

interface Composed {
  readonly content: readonly Block[];
  readonly stopReason: string;
  readonly usage: ReturnType<typeof usageOf>;
}

export function composed(
  request: ConverseRequest,
  model: BedrockModel,
  ids: () => string,
  settings: BedrockSettings,
): Composed {
  const asked = askedOf(request, model);
  const reply = replyTo(asked);
  return {
    content: contentOf(reply, model, ids),
    stopReason: STOPS[reply.stop],
    usage: usageOf(tallyOf(asked, reply, settings.usage), settings.cacheTtl),
  };
}

export function converseAnswer(
  body: unknown,
  model: BedrockModel,
  stream: boolean,
  ids: () => string,
  settings: BedrockSettings,
): Answer {
  const complaints = complaintsOf(stream ? converseStreamRequest : converseRequest, body);
  if (complaints.length > 0) throw refusedFor(complaints);
  const request = body as ConverseRequest;
  checkConverse(request, model);
  const { content, stopReason, usage } = composed(request, model, ids, settings);
  const tier = servedWord(request.serviceTier?.type, settings);
  const served = {
    usage,
    metrics: { latencyMs: LATENCY_MS },
    ...(request.performanceConfig === undefined ? {} : { performanceConfig: request.performanceConfig }),
    ...(tier === undefined ? {} : { serviceTier: { type: tier } }),
  };
  if (!stream) return whole({ output: { message: { role: 'assistant', content } }, stopReason, ...served });
  return {
    kind: 'stream',
    headers: { 'content-type': 'application/vnd.amazon.eventstream' },
    events: eventsOf(content, stopReason, served).map(([type, event]) => eventFrame(type, event)),
    endEvents: 2,
  };
}

export function countAnswer(body: unknown, model: BedrockModel): Answer {
  const complaints = complaintsOf(countRequest, body);
  if (complaints.length > 0) throw refusedFor(complaints);
  const { converse, invokeModel } = (body as CountRequest).input;
  if ((converse === undefined) === (invokeModel === undefined)) {
    throw invalid('The CountTokensInput object at input must set one of the following keys: invokeModel, converse.');
  }
  if (converse === undefined)
    return whole({ inputTokens: countTokens(Buffer.from(invokeModel!.body, 'base64').toString()) });
  checkConversation(converse, model);
  return whole({ inputTokens: countTokens(promptOf(converse)) });
}

const STOPS = {
  end: 'end_turn',
  stop: 'stop_sequence',
  length: 'max_tokens',
  calls: 'tool_use',
  // A model that declines has no reason of its own here.
  refusal: 'end_turn',
  filtered: 'content_filtered',
} as const;

function contentOf(reply: Reply, model: BedrockModel, ids: () => string): Block[] {
  const content: Block[] = [];
  if (reply.reasoning !== '') {
    // Only Claude signs its thoughts.
    const signature = model.claude === undefined ? {} : { signature: signatureOf(reply.reasoning) };
    content.push({ reasoningContent: { reasoningText: { text: reply.reasoning, ...signature } } });
  }
  if (reply.text !== '') content.push({ text: reply.text });
  for (const { name, input } of reply.calls) content.push({ toolUse: { toolUseId: `tooluse_${ids()}`, name, input } });
  return content;
}

function usageOf({ fresh, cached, cacheWrite, visible, reasoning }: Tally, ttl: BedrockSettings['cacheTtl']) {
  const output = visible + reasoning;
  return {
    inputTokens: fresh,
    outputTokens: output,
    totalTokens: fresh + cached + cacheWrite + output,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: cacheWrite,
    ...(cacheWrite > 0 ? { cacheDetails: [{ ttl, inputTokens: cacheWrite }] } : {}),
  };
}

type Event = readonly [type: string, event: object];

export function eventsOf(content: readonly Block[], stopReason: string, served: object): Event[] {
  return [
    ['messageStart', { role: 'assistant' }],
    ...content.flatMap((block, index) => blockEvents(block, index)),
    ['messageStop', { stopReason }],
    ['metadata', served],
  ];
}

/** Only calls say that they begin. */
function blockEvents(block: Block, contentBlockIndex: number): Event[] {
  const delta = (change: object): Event => ['contentBlockDelta', { contentBlockIndex, delta: change }];
  const stop: Event = ['contentBlockStop', { contentBlockIndex }];
  if ('text' in block) return [...tokensOf(block.text).map((text) => delta({ text })), stop];
  if ('toolUse' in block) {
    const { toolUseId, name, input } = block.toolUse;
    return [
      ['contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId, name } } }],
      ...cutInPieces(JSON.stringify(input)).map((piece) => delta({ toolUse: { input: piece } })),
      stop,
    ];
  }
  const { text, signature } = block.reasoningContent.reasoningText;
  return [
    ...tokensOf(text).map((piece) => delta({ reasoningContent: { text: piece } })),
    ...(signature === undefined ? [] : [delta({ reasoningContent: { signature } })]),
    stop,
  ];
}
