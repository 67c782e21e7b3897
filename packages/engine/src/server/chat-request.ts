import { Fields, isObject, jsonText } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { badRequest } from './problem.ts';
import { readSampling } from './sampling.ts';
import type { Sampling } from './sampling.ts';

export interface ChatMessage {
  readonly role: string;
  /** The message as text: parts joined, what is not text as its JSON. */
  readonly text: string;
  /** False where the message holds images, audio or tool calls. */
  readonly textOnly: boolean;
}

export interface Tool {
  readonly name: string;
  readonly parameters: unknown;
}

export type ToolChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'none' }
  | { readonly kind: 'required' }
  | { readonly kind: 'named'; readonly name: string };

/** The schema that the whole answer must satisfy; `true` is any object. */
export interface JsonFormat {
  readonly schema: unknown;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** The last message is the beginning of the answer, to be gone on with. */
  readonly continues: boolean;
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly jsonFormat: JsonFormat | undefined;
  /** Alternatives per token to report, 0 for the token alone; undefined where no log probabilities were asked for. */
  readonly topLogprobs: number | undefined;
  readonly sampling: Sampling;
}

const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];
const topLogprobsMax = 20;

export function readChatRequest(body: JsonObject): ChatRequest {
  const fields = new Fields(body);
  const messages = readMessages(fields);
  const tools = readTools(fields);
  const topLogprobs = fields.integer('top_logprobs', 0, topLogprobsMax);
  const logprobs = fields.boolean('logprobs') ?? false;
  if (topLogprobs !== undefined && topLogprobs > 0 && !logprobs) {
    throw badRequest('when using `top_logprobs`, `logprobs` must be set to true.', 'top_logprobs');
  }
  return {
    messages,
    continues: readContinues(fields, messages),
    tools,
    toolChoice: readToolChoice(fields, tools),
    parallelToolCalls: fields.boolean('parallel_tool_calls') ?? true,
    jsonFormat: readJsonFormat(fields),
    topLogprobs: logprobs ? (topLogprobs ?? 0) : undefined,
    sampling: readSampling(fields),
  };
}

function readMessages(fields: Fields): readonly ChatMessage[] {
  const list = fields.array('messages');
  if (list === undefined) throw fields.missing('messages');
  if (list.length === 0) throw fields.wrong('messages', 'at least one message', list);
  return list.map((entry, index) => {
    const message = fields.item('messages', index, entry);
    const role = message.string('role');
    if (role === undefined) throw message.missing('role');
    if (!roles.includes(role)) throw message.wrong('role', `one of ${roles.join(', ')}`, role);
    const calls = message.array('tool_calls');
    const content = readContent(message);
    if (content === undefined && role !== 'assistant') throw message.missing('content');
    const { text, textOnly } = content ?? { text: '', textOnly: true };
    return calls === undefined ? { role, text, textOnly } : { role, text: text + jsonText(calls), textOnly: false };
  });
}

function readContent(message: Fields): { readonly text: string; readonly textOnly: boolean } | undefined {
  const content = message.raw('content');
  if (content === undefined) return undefined;
  if (typeof content === 'string') return { text: content, textOnly: true };
  if (!Array.isArray(content)) throw message.wrong('content', 'a string or an array of parts', content);
  let textOnly = true;
  const parts = content.map((part, index) => {
    const fields = message.item('content', index, part);
    if (fields.raw('type') === 'text') return fields.string('text') ?? '';
    textOnly = false;
    return jsonText(part);
  });
  return { text: parts.join('\n'), textOnly };
}

/** vLLM's rules: a prompt for a new turn and a message to continue exclude each other, and the former is the default. */
function readContinues(fields: Fields, messages: readonly ChatMessage[]): boolean {
  const continues = fields.boolean('continue_final_message') ?? false;
  const newTurn = fields.boolean('add_generation_prompt') ?? true;
  if (continues && newTurn) {
    throw badRequest(
      'Cannot set both `continue_final_message` and `add_generation_prompt` to True.',
      'continue_final_message',
    );
  }
  if (continues && messages.at(-1)?.role !== 'assistant') {
    throw badRequest('`continue_final_message` needs a last message of the assistant.', 'continue_final_message');
  }
  return continues;
}

function readTools(fields: Fields): readonly Tool[] {
  return (fields.array('tools') ?? []).map((entry, index) => {
    const described = fields.item('tools', index, entry).object('function');
    const name = described?.string('name');
    if (described === undefined || name === undefined) throw fields.missing(`tools.${index}.function.name`);
    return { name, parameters: described.raw('parameters') ?? { type: 'object' } };
  });
}

function readToolChoice(fields: Fields, tools: readonly Tool[]): ToolChoice {
  const value = fields.raw('tool_choice');
  if (value === undefined) return { kind: tools.length > 0 ? 'auto' : 'none' };
  if (value === 'none') return { kind: 'none' };
  if (tools.length === 0) throw badRequest('When using `tool_choice`, `tools` must be set.', 'tool_choice');
  if (value === 'auto' || value === 'required') return { kind: value };
  const name = isObject(value) && isObject(value['function']) ? value['function']['name'] : undefined;
  if (typeof name !== 'string')
    throw fields.wrong('tool_choice', '"none", "auto", "required" or a named function', value);
  if (!tools.some((tool) => tool.name === name)) {
    throw badRequest(
      `The tool specified in \`tool_choice\` does not match any of the specified \`tools\`: ${name}`,
      'tool_choice',
    );
  }
  return { kind: 'named', name };
}

function readJsonFormat(fields: Fields): JsonFormat | undefined {
  const format = fields.object('response_format');
  const type = format?.string('type');
  if (format === undefined || type === 'text') return undefined;
  if (type === 'json_object') return { schema: true };
  if (type !== 'json_schema') throw format.wrong('type', '"text", "json_object" or "json_schema"', type);
  const schema = format.object('json_schema')?.raw('schema');
  if (schema === undefined) throw format.missing('json_schema.schema');
  return { schema };
}
