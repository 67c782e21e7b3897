import { Unsupported, type Feature } from '../canonical/feature.ts';
import type {
  AnswerFormat,
  CanonicalRequest,
  ReasoningWish,
  Sampling,
  Tool,
  ToolChoice,
} from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { cachePoint } from './cache-point.ts';
import type { ModelFamily } from './model-family.ts';

/** What of a request goes to the model itself, and what to Bedrock. */
export interface Settings {
  readonly additional: JsonObject;
  readonly output: JsonObject;
}

/** A member is there only where it has a value. */
function given(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

export function encodeSampling(sampling: Sampling, family: ModelFamily, to: Settings): JsonObject {
  const { maxTokens, temperature, topP, topK, stop } = sampling;
  if (temperature !== undefined && temperature > 1) {
    throw new Unsupported('temperature', `its temperatures go up to 1, and ${temperature} was asked for`);
  }
  refuse('frequency-penalty', sampling.frequencyPenalty, 0);
  refuse('presence-penalty', sampling.presencePenalty, 0);
  refuse('seed', sampling.seed, undefined);
  refuse('choices', sampling.choices, 1);
  if (topK !== undefined) encodeTopK(topK, family, to);
  return given({ maxTokens, temperature, topP, stopSequences: stop?.length === 0 ? undefined : stop });
}

/** `same`: what is the case anyway. */
function refuse(feature: Feature, value: number | undefined, same: number | undefined): void {
  if (value === undefined || value === same) return;
  throw new Unsupported(feature, 'its API has no such setting');
}

function encodeTopK(topK: number, family: ModelFamily, { additional }: Settings): void {
  if (family === 'claude') additional['top_k'] = topK;
  else if (family === 'nova') additional['inferenceConfig'] = { topK };
  else throw new Unsupported('top-k', 'only its Claude and Nova models are known to take it');
}

export function encodeReasoning(wish: ReasoningWish, family: ModelFamily, to: Settings): void {
  if (family === 'claude') {
    encodeThinking(wish, to);
    return;
  }
  if (wish.budgetTokens !== undefined) {
    throw new Unsupported('reasoning-budget', 'only its Claude models take a number of tokens; say an effort');
  }
  if (wish.visible === false)
    throw new Unsupported('reasoning-visible', 'its models show their thoughts where they have some');
  if (wish.effort !== undefined) encodeEffort(wish.effort, family, to);
}

function encodeThinking({ effort, budgetTokens, adaptive, visible }: ReasoningWish, to: Settings): void {
  const display = visible === undefined ? undefined : visible ? 'summarized' : 'omitted';
  if (budgetTokens !== undefined) {
    to.additional['thinking'] = given({ type: 'enabled', budget_tokens: budgetTokens, display });
  } else if (adaptive === true) to.additional['thinking'] = given({ type: 'adaptive', display });
  if (effort === 'none') to.additional['thinking'] = { type: 'disabled' };
  else if (effort !== undefined) encodeEffort(effort, 'claude', to);
}

function encodeEffort(effort: NonNullable<ReasoningWish['effort']>, family: ModelFamily, to: Settings): void {
  switch (family) {
    case 'gpt-oss':
      to.additional['reasoning_effort'] = effort;
      return;
    case 'gpt':
      to.additional['reasoning'] = { effort };
      return;
    case 'nova':
      to.additional['reasoningConfig'] =
        effort === 'none' ? { type: 'disabled' } : { type: 'enabled', maxReasoningEffort: bedrockEffort(effort) };
      return;
    default:
      to.output['effort'] = bedrockEffort(effort);
  }
}

function bedrockEffort(effort: NonNullable<ReasoningWish['effort']>): string {
  if (effort !== 'none' && effort !== 'minimal') return effort;
  throw new Unsupported('reasoning-effort', `its efforts go from low to max, and '${effort}' was asked for`);
}

export function encodeFormat(format: AnswerFormat, { output }: Settings): void {
  if (format.kind === 'json') {
    throw new Unsupported('format-json', 'it holds answers to a schema, or to nothing; send the schema');
  }
  const { schema, name, description } = format;
  output['textFormat'] = {
    type: 'json_schema',
    structure: { jsonSchema: given({ schema: JSON.stringify(schema), name, description }) },
  };
}

/** Undefined: the request is to have no tools. */
export function encodeTools(request: CanonicalRequest, family: ModelFamily, to: Settings): JsonObject | undefined {
  const { tools, toolChoice = 'auto', parallelToolCalls } = request;
  const history = request.messages.some(({ parts }) => parts.some(({ kind }) => kind.startsWith('tool-')));
  if (tools.length === 0) {
    if (history) throw new Unsupported('tools', 'a conversation in which tools were called has to bring those tools');
    if (toolChoice === 'auto' || toolChoice === 'none') return undefined;
    throw new Unsupported('tool-choice', 'there is no tool to choose');
  }
  if (toolChoice === 'none') {
    // Without its tools it cannot call any.
    if (!history) return undefined;
    throw new Unsupported('tool-choice', 'it cannot be kept from calling tools in a conversation that has called some');
  }
  const wire = tools.flatMap(encodeTool);
  if (parallelToolCalls === false) {
    if (family !== 'claude')
      throw new Unsupported('parallel-tool-calls', 'only its Claude models can be held to one call');
    to.additional['tool_choice'] = { ...claudeChoice(toolChoice), disable_parallel_tool_use: true };
    return { tools: wire };
  }
  return given({ tools: wire, toolChoice: request.toolChoice === undefined ? undefined : bedrockChoice(toolChoice) });
}

function encodeTool({ name, description, schema, strict, cache }: Tool): object[] {
  const inputSchema = { json: schema ?? { type: 'object', properties: {} } };
  const spec = given({ name, description: description === '' ? undefined : description, inputSchema, strict });
  return [{ toolSpec: spec }, ...(cache === undefined ? [] : [cachePoint(cache)])];
}

function bedrockChoice(choice: ToolChoice): object {
  if (typeof choice === 'object') return { tool: { name: choice.name } };
  return choice === 'required' ? { any: {} } : { auto: {} };
}

function claudeChoice(choice: ToolChoice): object {
  if (typeof choice === 'object') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : 'auto' };
}
