import type { AnswerFormat, ReasoningWish, Sampling, Tool, ToolChoice } from '../canonical/request.ts';
import { nestedLimit, parseNested } from '../json/nested.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { Fields } from '../openai/codec/fields.ts';
import { present } from '../openai/codec/request-decode.ts';
import { markLast, readCachePoint } from './cache-point.ts';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const ownTool = 'tools that run at the provider are known to it alone';

/** What `additionalModelRequestFields` says to the model itself, in the words of Claude, GPT and Nova. */
export interface Additional {
  readonly topK: number | undefined;
  readonly toolChoice: ToolChoice | undefined;
  readonly parallelToolCalls: false | undefined;
  readonly reasoning: ReasoningWish;
  readonly format: AnswerFormat | undefined;
}

const NOTHING: Additional = {
  topK: undefined,
  toolChoice: undefined,
  parallelToolCalls: undefined,
  reasoning: {},
  format: undefined,
};

export function decodeAdditional(body: Fields): Additional {
  const fields = body.object('additionalModelRequestFields');
  if (fields === undefined) return NOTHING;
  const nova = fields.object('inferenceConfig');
  const choice = fields.object('tool_choice');
  const output = fields.object('output_config');
  const additional: Additional = {
    topK: fields.count('top_k', 1) ?? nova?.count('topK', 1),
    toolChoice: choice && decodeClaudeChoice(choice),
    parallelToolCalls: choice?.flag('disable_parallel_tool_use') === true ? false : undefined,
    reasoning: { ...decodeThinking(fields), ...decodeEffort(fields, output) },
    format: output && decodeClaudeFormat(output),
  };
  for (const object of [nova, choice, output, fields]) object?.finish();
  return additional;
}

function decodeClaudeChoice(choice: Fields): ToolChoice {
  const type = choice.oneOf('type', ['auto', 'any', 'none', 'tool']) ?? 'auto';
  if (type === 'tool') return { name: choice.requiredText('name') };
  return type === 'any' ? 'required' : type;
}

function decodeClaudeFormat(output: Fields): AnswerFormat | undefined {
  const format = output.object('format');
  if (format === undefined) return undefined;
  format.oneOf('type', ['json_schema']);
  const schema = format.json('schema');
  if (schema === undefined) throw format.invalid('schema', 'it is missing; a JSON Schema is required');
  format.finish();
  return { kind: 'schema', schema, strict: true };
}

/** Claude's own form, under its own name and under the one that Bedrock gave it at first. */
function decodeThinking(fields: Fields): ReasoningWish {
  const thinking = fields.object('thinking') ?? fields.object('reasoning_config');
  if (thinking === undefined) return {};
  const type = thinking.oneOf('type', ['enabled', 'adaptive', 'disabled']);
  const budgetTokens = thinking.count('budget_tokens', 1);
  const display = thinking.oneOf('display', ['summarized', 'omitted']);
  thinking.finish();
  if (type === undefined)
    throw thinking.invalid('type', 'it is missing; it must be one of enabled, adaptive, disabled');
  if (type === 'enabled' && budgetTokens === undefined) {
    throw thinking.invalid('budget_tokens', 'it is missing; thinking that is enabled needs it');
  }
  if (type === 'disabled') return { effort: 'none' };
  return present({
    budgetTokens,
    adaptive: type === 'adaptive' ? true : undefined,
    visible: display === undefined ? undefined : display === 'summarized',
  });
}

function decodeEffort(fields: Fields, output: Fields | undefined): ReasoningWish {
  const gpt = fields.object('reasoning');
  const nova = fields.object('reasoningConfig');
  const novaType = nova?.oneOf('type', ['enabled', 'disabled']);
  const effort =
    fields.oneOf('reasoning_effort', EFFORTS) ??
    gpt?.oneOf('effort', EFFORTS) ??
    nova?.oneOf('maxReasoningEffort', EFFORTS) ??
    output?.oneOf('effort', EFFORTS) ??
    (novaType === 'disabled' ? 'none' : undefined);
  const wish = present({ effort, budgetTokens: nova?.count('budgetTokens', 1) });
  gpt?.finish();
  nova?.finish();
  return wish;
}

export function decodeOutput(body: Fields): { readonly format?: AnswerFormat; readonly reasoning: ReasoningWish } {
  const output = body.object('outputConfig');
  if (output === undefined) return { reasoning: {} };
  const effort = output.oneOf('effort', EFFORTS);
  const format = output.object('textFormat');
  output.finish();
  const reasoning = effort === undefined ? {} : { effort };
  return format === undefined ? { reasoning } : { reasoning, format: decodeFormat(format) };
}

/** Bedrock holds every answer to its schema. */
function decodeFormat(format: Fields): AnswerFormat {
  format.oneOf('type', ['json_schema']);
  const structure = format.requiredObject('structure');
  const definition = structure.requiredObject('jsonSchema');
  const schema = parseSchema(definition);
  const options = present({ name: definition.text('name'), description: definition.text('description') });
  for (const object of [definition, structure, format]) object.finish();
  return { kind: 'schema', schema, ...options, strict: true };
}

function parseSchema(definition: Fields): JsonObject {
  const text = definition.requiredText('schema');
  let value: unknown;
  try {
    value = parseNested(text);
  } catch {
    throw definition.invalid('schema', `it is not valid JSON, ${nestedLimit}; a JSON Schema, as text, is required`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw definition.invalid('schema', 'it must be a JSON Schema, as text');
}

export function decodeSampling(body: Fields, topK: number | undefined): Sampling {
  const config = body.object('inferenceConfig');
  // Bedrock has no such member, but some clients write it there for models that have one.
  const own = config?.count('topK', 1);
  const sampling = present({
    maxTokens: config?.count('maxTokens', 1),
    temperature: config?.number('temperature'),
    topP: config?.number('topP'),
    topK: topK ?? own,
    stop: config && decodeStop(config),
  });
  config?.finish();
  return sampling;
}

function decodeStop(config: Fields): readonly string[] | undefined {
  const stop = config.list('stopSequences') ?? [];
  if (stop.some((entry) => typeof entry !== 'string')) {
    throw config.invalid('stopSequences', 'it must be an array of strings');
  }
  return stop.length === 0 ? undefined : (stop as string[]);
}

export function decodeTools(
  body: Fields,
  ignored: string[],
): { readonly tools: readonly Tool[]; readonly toolChoice?: ToolChoice } {
  const config = body.object('toolConfig');
  if (config === undefined) return { tools: [] };
  const tools: Tool[] = [];
  for (const entry of config.entries('tools')) {
    const lifetime = readCachePoint(entry);
    if (lifetime !== undefined) markLast(tools, lifetime, entry, ignored);
    entry.refuse('systemTool', ownTool);
    const tool = entry.object('toolSpec');
    if (tool !== undefined) tools.push(decodeTool(tool));
    entry.finish();
  }
  const toolChoice = decodeChoice(config);
  config.finish();
  return toolChoice === undefined ? { tools } : { tools, toolChoice };
}

function decodeTool(tool: Fields): Tool {
  const input = tool.requiredObject('inputSchema');
  const decoded = {
    name: tool.requiredText('name'),
    ...present({ description: tool.text('description'), schema: input.json('json'), strict: tool.flag('strict') }),
  };
  input.finish();
  tool.finish();
  return decoded;
}

function decodeChoice(config: Fields): ToolChoice | undefined {
  const choice = config.object('toolChoice');
  if (choice === undefined) return undefined;
  const named = choice.object('tool');
  const name = named?.requiredText('name');
  const auto = choice.object('auto');
  const any = choice.object('any');
  for (const object of [named, auto, any, choice]) object?.finish();
  if (name !== undefined) return { name };
  if (any !== undefined) return 'required';
  if (auto !== undefined) return 'auto';
  throw config.invalid('toolChoice', 'it must have one of auto, any, tool');
}
