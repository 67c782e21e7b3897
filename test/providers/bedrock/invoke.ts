import { refusedFor as claudeRefusal } from '../anthropic/errors.ts';
import { composed as claudeMessage, eventsOf as claudeEvents } from '../anthropic/messages.ts';
import { modelCalled as claudeCalled } from '../anthropic/models.ts';
import { checkMessages } from '../anthropic/rules.ts';
import type { MessagesRequest } from '../anthropic/schema.ts';
import { complaintsOf } from '../complaints.ts';
import type { Answer } from '../deliver.ts';
import { headerOf, json, Refused, type Received } from '../fake.ts';
import { composed, eventsOf, LATENCY_MS } from './converse.ts';
import { invalid, refusedFor } from './errors.ts';
import { eventFrame } from './frames.ts';
import type { BedrockModel } from './models.ts';
import { checkConverse, checkTier } from './rules.ts';
import { claudeRequest, novaRequest, type ConverseRequest } from './schema.ts';
import { servedWord, type BedrockSettings } from './settings.ts';

const TIER = 'x-amzn-bedrock-service-tier';

interface Native {
  readonly whole: object;
  readonly events: readonly object[];
  readonly input: number;
  readonly output: number;
}

/** Bodies and answers as the models' makers have them; the tier is in headers, both ways. */
export function invokeAnswer(
  request: Received,
  model: BedrockModel,
  stream: boolean,
  ids: () => string,
  settings: BedrockSettings,
): Answer {
  const asked = headerOf(request, TIER);
  checkHeaders(request, model, stream, asked);
  const native = nativeOf(request.body, model, ids, settings);
  const tier = servedWord(asked, settings);
  const headers: Record<string, string> = {
    ...(tier === undefined ? {} : { [TIER]: tier }),
    'x-amzn-bedrock-performanceconfig-latency':
      headerOf(request, 'x-amzn-bedrock-performanceconfig-latency') ?? 'standard',
  };
  if (!stream) {
    return {
      kind: 'whole',
      headers: {
        'content-type': 'application/json',
        'x-amzn-bedrock-invocation-latency': String(LATENCY_MS),
        'x-amzn-bedrock-input-token-count': String(native.input),
        'x-amzn-bedrock-output-token-count': String(native.output),
        ...headers,
      },
      body: json(native.whole),
    };
  }
  const metrics = {
    inputTokenCount: native.input,
    outputTokenCount: native.output,
    invocationLatency: LATENCY_MS,
    firstByteLatency: LATENCY_MS,
  };
  const last = native.events.length - 1;
  return {
    kind: 'stream',
    headers: {
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-bedrock-content-type': 'application/json',
      ...headers,
    },
    events: native.events.map((event, index) => {
      const told = index === last ? { ...event, 'amazon-bedrock-invocationMetrics': metrics } : event;
      return eventFrame('chunk', { bytes: json(told).toString('base64') });
    }),
    endEvents: 1,
  };
}

const TIERS = ['default', 'priority', 'flex', 'reserved'];

function checkHeaders(request: Received, model: BedrockModel, stream: boolean, tier: string | undefined): void {
  if (tier !== undefined && !TIERS.includes(tier)) {
    throw invalid(
      `1 validation error detected: Value '${tier}' at 'serviceTier' failed to satisfy constraint: Member must satisfy enum value set: [${TIERS.join(', ')}]`,
    );
  }
  checkTier(tier, model);
  const accept = headerOf(request, stream ? 'x-amzn-bedrock-accept' : 'accept') ?? '*/*';
  if (accept !== '*/*' && accept !== 'application/json')
    throw invalid(`The accept header ${accept} is not supported by this model.`);
}

function nativeOf(body: unknown, model: BedrockModel, ids: () => string, settings: BedrockSettings): Native {
  if (model.native === 'claude') return claude(body, model, ids, settings);
  if (model.native === 'nova') return nova(body, model, ids, settings);
  throw invalid('The provided model is not supported by this operation.');
}

function claude(body: unknown, model: BedrockModel, ids: () => string, settings: BedrockSettings): Native {
  const known = claudeCalled(model.claude!)!;
  const [complaint] = complaintsOf(claudeRequest, body);
  // The maker's sentence in the seller's form.
  if (complaint !== undefined) throw invalid(claudeRefusal(complaint, body).message.replace(/^400 /, ''));
  const request = { ...(body as object), model: known.id } as MessagesRequest;
  try {
    checkMessages(request, known, '2023-06-01');
  } catch (error) {
    throw error instanceof Refused ? invalid(error.message.replace(/^400 /, '')) : error;
  }
  const message = claudeMessage(request, known, () => `bdrk_${ids()}`, {
    usage: settings.usage,
    tier: null,
    cacheTtl: settings.cacheTtl,
    searches: 0,
  });
  const { service_tier: _none, ...usage } = message.usage;
  const { input_tokens: input, output_tokens: output } = usage;
  return {
    whole: { ...message, usage },
    events: claudeEvents(message).filter(({ type }) => type !== 'ping'),
    input,
    output,
  };
}

function nova(body: unknown, model: BedrockModel, ids: () => string, settings: BedrockSettings): Native {
  const complaints = complaintsOf(novaRequest, body);
  if (complaints.length > 0) throw refusedFor(complaints);
  const { schemaVersion: _version, ...request } = body as ConverseRequest & { schemaVersion?: string };
  checkConverse(request, model);
  const { content, stopReason, usage } = composed(request, model, ids, settings);
  return {
    whole: { output: { message: { role: 'assistant', content } }, stopReason, usage },
    events: eventsOf(content, stopReason, { usage, metrics: {}, trace: {} }).map(([type, event]) => ({
      [type]: event,
    })),
    input: usage.inputTokens,
    output: usage.outputTokens,
  };
}
