import { Unsupported, type Feature } from '../canonical/feature.ts';
import { checkLastWord } from '../canonical/prefill.ts';
import type {
  AnswerFormat,
  CanonicalRequest,
  ReasoningWish,
  Sampling,
  Tool,
  ToolChoice,
} from '../canonical/request.ts';
import type { EncodedRequest, UpstreamCall } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { cacheMember } from './cache-control.ts';
import { encodeText } from './content-encode.ts';
import { encodeMessages } from './messages-encode.ts';

/**
 * Anthropic wants a bound with every request and refuses one that is above the model's own. This is the smallest among the models that
 * it serves (32,000, 64,000 or 128,000; catalogue of @ai-sdk/anthropic 4.0.105, 2026-11-21), so that all of them take it.
 */
const answerTokensDefault = 32_000;

const budgetTokensMin = 1_024;
const temperatureMax = 1;

const EFFORTS: readonly NonNullable<ReasoningWish['effort']>[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** Throws `Unsupported`. */
export function encodeAnthropicRequest(request: CanonicalRequest, to: UpstreamCall): EncodedRequest {
  const ignored = new Set<Feature>();
  refuseForeign(request);
  // Its newer models refuse to go on with a message, which is theirs to say.
  checkLastWord(request, 'goes-on');
  const system = request.system.flatMap(encodeText);
  const thinking = encodeThinking(request.reasoning);
  const body: JsonObject = {
    model: to.model,
    max_tokens: request.sampling.maxTokens ?? answerTokensDefault + (request.reasoning?.budgetTokens ?? 0),
    ...(system.length === 0 ? {} : { system }),
    messages: encodeMessages(request.messages, ignored),
    ...encodeTools(request),
    ...(thinking === undefined ? {} : { thinking }),
    ...encodeOutput(request),
    ...encodeSampling(request.sampling),
    ...(request.user === undefined ? {} : { metadata: { user_id: request.user } }),
    ...(to.tierWord === null ? {} : { service_tier: to.tierWord }),
    ...(to.stream ? { stream: true } : {}),
  };
  return { body, ignored: [...ignored] };
}

function refuseForeign({ sampling, logprobs, format }: CanonicalRequest): void {
  if ((sampling.frequencyPenalty ?? 0) !== 0) throw new Unsupported('frequency-penalty', 'that has no penalties');
  if ((sampling.presencePenalty ?? 0) !== 0) throw new Unsupported('presence-penalty', 'that has no penalties');
  if (sampling.seed !== undefined) throw new Unsupported('seed', 'that has no seed');
  if ((sampling.choices ?? 1) > 1) throw new Unsupported('choices', 'that gives one answer to a request');
  if (logprobs !== undefined) throw new Unsupported('logprobs', 'that tells no log probabilities');
  if (format?.kind === 'json') throw new Unsupported('format-json', 'that answers in JSON only after a schema');
  if ((sampling.temperature ?? 0) > temperatureMax) {
    throw new Unsupported('temperature', `that has temperatures up to ${temperatureMax}`);
  }
}

function encodeSampling({ temperature, topP, topK, stop }: Sampling): JsonObject {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop_sequences: stop }),
  };
}

function encodeTools({ tools, toolChoice, parallelToolCalls }: CanonicalRequest): JsonObject {
  const demanded = toolChoice !== undefined && toolChoice !== 'auto' && toolChoice !== 'none';
  if (tools.length === 0 && !demanded) return {};
  const serial = parallelToolCalls === false && toolChoice !== 'none';
  const choice = toolChoice ?? (serial ? 'auto' : undefined);
  return {
    ...(tools.length === 0 ? {} : { tools: tools.map(encodeTool) }),
    ...(choice === undefined ? {} : { tool_choice: encodeChoice(choice, serial) }),
  };
}

function encodeTool(tool: Tool): JsonObject {
  const { name, description, schema, strict } = tool;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: schema === undefined ? { type: 'object', properties: {} } : { type: 'object', ...schema },
    ...(strict === undefined ? {} : { strict }),
    ...cacheMember(tool),
  };
}

function encodeChoice(choice: ToolChoice, serial: boolean): JsonObject {
  const type = typeof choice === 'object' ? 'tool' : choice === 'required' ? 'any' : choice;
  return {
    type,
    ...(typeof choice === 'object' ? { name: choice.name } : {}),
    ...(serial ? { disable_parallel_tool_use: true } : {}),
  };
}

/**
 * An effort of thoughts takes thinking as well as the effort: by itself, the effort is only one of words on most models. Whether a model
 * takes budgets or efforts is its own affair, and Anthropic's to say.
 */
function encodeThinking(wish: ReasoningWish = {}): JsonObject | undefined {
  const { effort, budgetTokens, adaptive, visible } = wish;
  const display = visible === undefined ? {} : { display: visible ? 'summarized' : 'omitted' };
  if (effort === 'none' || (budgetTokens === 0 && effort === undefined)) return { type: 'disabled' };
  if (budgetTokens !== undefined && budgetTokens > 0) {
    if (budgetTokens < budgetTokensMin) {
      throw new Unsupported('reasoning-budget', `that takes budgets from ${budgetTokensMin} tokens on`);
    }
    return { type: 'enabled', budget_tokens: budgetTokens, ...display };
  }
  if (effort !== undefined || adaptive === true || visible === true) return { type: 'adaptive', ...display };
  return undefined;
}

function encodeOutput({ reasoning, format }: CanonicalRequest): JsonObject {
  const effort = effortOf(reasoning?.effort);
  const config = {
    ...(effort === undefined ? {} : { effort }),
    ...(format?.kind === 'schema' ? { format: { type: 'json_schema', schema: schemaOf(format) } } : {}),
  };
  return Object.keys(config).length === 0 ? {} : { output_config: config };
}

function effortOf(effort: ReasoningWish['effort']): ReasoningWish['effort'] {
  if (effort === undefined || effort === 'none') return undefined;
  if (EFFORTS.includes(effort)) return effort;
  throw new Unsupported('reasoning-effort', `that has the efforts none, ${EFFORTS.join(', ')}`);
}

/** A schema's name says nothing about the answer; its description may, and has a place inside. Every schema is kept to strictly here. */
function schemaOf({ schema, description }: Extract<AnswerFormat, { kind: 'schema' }>): JsonObject {
  return description === undefined || 'description' in schema ? schema : { ...schema, description };
}
