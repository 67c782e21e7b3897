import { Unsupported, type Feature } from '../canonical/feature.ts';
import { checkLastWord } from '../canonical/prefill.ts';
import type { AnswerFormat, CanonicalRequest, Tool, ToolChoice } from '../canonical/request.ts';
import type { EncodedRequest, UpstreamCall } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { effortOf, encodeFunction, encodeSchema } from '../openai/codec/request-encode.ts';
import { encodeInput } from './input-encode.ts';

export function encodeResponsesRequest(request: CanonicalRequest, to: UpstreamCall): EncodedRequest {
  const ignored = new Set<Feature>();
  const { format, user } = request;
  checkLastWord(request, 'answers');
  const body: JsonObject = {
    model: to.model,
    ...encodeInput(request, ignored),
    ...encodeTools(request, ignored),
    ...(format === undefined ? {} : { text: { format: encodeFormat(format) } }),
    ...encodeReasoning(request),
    ...encodeSampling(request),
    ...encodeLogprobs(request),
    ...(user === undefined ? {} : { safety_identifier: user }),
    ...(to.tierWord === null ? {} : { service_tier: to.tierWord }),
    ...encodeInclude(request),
    // Who keeps this answer is not for the provider to decide: by itself it would.
    store: false,
    ...(to.stream ? { stream: true } : {}),
  };
  return { body, ignored: [...ignored] };
}

function encodeTools({ tools, toolChoice, parallelToolCalls }: CanonicalRequest, ignored: Set<Feature>): JsonObject {
  const demanded = toolChoice !== undefined && toolChoice !== 'auto' && toolChoice !== 'none';
  if (tools.length === 0) return demanded ? { tool_choice: encodeToolChoice(toolChoice) } : {};
  if (tools.some((tool) => tool.cache !== undefined)) ignored.add('cache');
  return {
    tools: tools.map(encodeTool),
    ...(toolChoice === undefined ? {} : { tool_choice: encodeToolChoice(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

/** Whatever is left out is strict on this wire, and on no other. */
function encodeTool(tool: Tool): JsonObject {
  return { type: 'function', parameters: null, strict: false, ...encodeFunction(tool) };
}

function encodeToolChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.name };
}

function encodeFormat(format: AnswerFormat): JsonObject {
  return format.kind === 'json' ? { type: 'json_object' } : { type: 'json_schema', ...encodeSchema(format) };
}

function encodeReasoning({ reasoning }: CanonicalRequest): JsonObject {
  const effort = effortOf(reasoning);
  const wish = {
    ...(effort === undefined ? {} : { effort }),
    ...(reasoning?.visible === true ? { summary: 'auto' } : {}),
  };
  return Object.keys(wish).length === 0 ? {} : { reasoning: wish };
}

function encodeSampling({ sampling }: CanonicalRequest): JsonObject {
  const { maxTokens, temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stop, choices } = sampling;
  if (topK !== undefined) throw new Unsupported('top-k', 'that has no top_k');
  if ((frequencyPenalty ?? 0) !== 0) throw new Unsupported('frequency-penalty', 'that has no penalties');
  if ((presencePenalty ?? 0) !== 0) throw new Unsupported('presence-penalty', 'that has no penalties');
  if (seed !== undefined) throw new Unsupported('seed', 'that has no seed');
  if (stop !== undefined && stop.length > 0) throw new Unsupported('stop', 'that has no stop sequences');
  if ((choices ?? 1) > 1) throw new Unsupported('choices', 'that gives one answer to a request');
  return {
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
  };
}

function encodeLogprobs({ logprobs }: CanonicalRequest): JsonObject {
  return logprobs === undefined ? {} : { top_logprobs: logprobs.top };
}

/** Thoughts come encrypted only where they are asked for, and models that do not think refuse to be asked. */
function encodeInclude(request: CanonicalRequest): JsonObject {
  const thinks =
    request.reasoning !== undefined ||
    request.messages.some(({ parts }) =>
      parts.some((part) => part.kind === 'reasoning' && part.state?.from === 'openai'),
    );
  const include = [
    ...(thinks ? ['reasoning.encrypted_content'] : []),
    ...(request.logprobs === undefined ? [] : ['message.output_text.logprobs']),
  ];
  return include.length === 0 ? {} : { include };
}
