import { Unsupported, type Feature } from '../../canonical/feature.ts';
import { checkLastWord } from '../../canonical/prefill.ts';
import type { AnswerFormat, CanonicalRequest, ReasoningWish, Tool, ToolChoice } from '../../canonical/request.ts';
import type { EncodedRequest, UpstreamCall } from '../../codec.ts';
import type { JsonObject } from '../accumulate.ts';
import type { ChatTarget } from './flavour.ts';
import { encodeMessages } from './messages-encode.ts';

/** A schema has to have a name here. */
const unnamedSchema = 'answer';

/** In vLLM's words; who sends it to another engine changes them (see `ContinueStyle`). */
const CONTINUES: JsonObject = { continue_final_message: true, add_generation_prompt: false };

export function encodeChatRequest(request: CanonicalRequest, to: UpstreamCall, target: ChatTarget): EncodedRequest {
  const ignored = new Set<Feature>();
  checkLastWord(request, target.lastWord);
  const body: JsonObject = {
    model: to.model,
    messages: encodeMessages(request, target, ignored),
    ...(request.continues === true && target.lastWord === 'told' ? CONTINUES : {}),
    ...encodeTools(request, ignored),
    ...(request.format === undefined ? {} : { response_format: encodeFormat(request.format) }),
    ...encodeReasoning(request.reasoning, target),
    ...encodeSampling(request, target),
    ...encodeLogprobs(request, target),
    ...(request.user === undefined ? {} : { [target.user]: request.user }),
    ...(to.tierWord === null ? {} : { service_tier: to.tierWord }),
    ...(to.stream ? { stream: true } : {}),
    ...(to.stream && target.usageOption ? { stream_options: { include_usage: true } } : {}),
  };
  return { body, ignored: [...ignored] };
}

/** Without tools, what is said about their use is refused by OpenAI, and says nothing unless it demands one. */
function encodeTools(request: CanonicalRequest, ignored: Set<Feature>): JsonObject {
  const { tools, toolChoice, parallelToolCalls } = request;
  const demanded = toolChoice !== undefined && toolChoice !== 'auto' && toolChoice !== 'none';
  if (tools.length === 0) return demanded ? { tool_choice: encodeToolChoice(toolChoice) } : {};
  if (tools.some((tool) => tool.cache !== undefined)) ignored.add('cache');
  return {
    tools: tools.map((tool) => ({ type: 'function', function: encodeFunction(tool) })),
    ...(toolChoice === undefined ? {} : { tool_choice: encodeToolChoice(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

export function encodeFunction({ name, description, schema, strict }: Tool): JsonObject {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { parameters: schema }),
    ...(strict === undefined ? {} : { strict }),
  };
}

function encodeToolChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function encodeFormat(format: AnswerFormat): JsonObject {
  if (format.kind === 'json') return { type: 'json_object' };
  return { type: 'json_schema', json_schema: encodeSchema(format) };
}

export function encodeSchema(format: Extract<AnswerFormat, { kind: 'schema' }>): JsonObject {
  const { schema, name, description, strict } = format;
  return {
    name: name ?? unnamedSchema,
    ...(description === undefined ? {} : { description }),
    schema,
    ...(strict === undefined ? {} : { strict }),
  };
}

/** The effort that a wish comes to, where the wire has efforts and no budgets: to spend nothing is an effort, too. */
export function effortOf(wish: ReasoningWish | undefined): ReasoningWish['effort'] {
  if (wish?.effort !== undefined) return wish.effort;
  if (wish?.budgetTokens === undefined) return undefined;
  if (wish.budgetTokens === 0) return 'none';
  throw new Unsupported('reasoning-budget', 'that is told an effort, not a number of tokens');
}

function encodeReasoning(wish: ReasoningWish | undefined, target: ChatTarget): JsonObject {
  const effort = effortOf(wish);
  if (effort !== undefined && target.efforts?.includes(effort) === false) {
    throw new Unsupported('reasoning-effort', `that has the efforts ${target.efforts.join(', ')}`);
  }
  return {
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...encodeVisible(wish?.visible, target),
  };
}

function encodeVisible(visible: boolean | undefined, { showsThoughts }: ChatTarget): JsonObject {
  if (visible === undefined) return {};
  if (showsThoughts) return { include_reasoning: visible };
  if (visible) throw new Unsupported('reasoning-visible', 'that never shows its thoughts');
  return {};
}

function encodeSampling({ sampling }: CanonicalRequest, target: ChatTarget): JsonObject {
  const { maxTokens, temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stop, choices } = sampling;
  if (topK !== undefined && !target.topK) throw new Unsupported('top-k', 'that has no top_k');
  if (!target.penalties) {
    if ((frequencyPenalty ?? 0) !== 0) throw new Unsupported('frequency-penalty', 'none of its models has penalties');
    if ((presencePenalty ?? 0) !== 0) throw new Unsupported('presence-penalty', 'none of its models has penalties');
  }
  if (stop !== undefined && stop.length > target.stopMax) {
    throw new Unsupported('stop', `that takes at most ${target.stopMax} stop sequences`);
  }
  if ((choices ?? 1) > target.choicesMax) {
    throw new Unsupported(
      'choices',
      target.choicesMax === 1
        ? 'that gives one answer to a request'
        : `that gives at most ${target.choicesMax} answers to a request`,
    );
  }
  const named = {
    [target.maxTokens]: maxTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    seed,
    stop,
    n: choices,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function encodeLogprobs({ logprobs }: CanonicalRequest, target: ChatTarget): JsonObject {
  if (logprobs === undefined) return {};
  if (!target.logprobs) throw new Unsupported('logprobs', 'none of its models tells log probabilities');
  return { logprobs: true, top_logprobs: logprobs.top };
}
