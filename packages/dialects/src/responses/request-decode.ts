import type { CanonicalRequest, ReasoningWish, Tool, ToolChoice } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { Fields } from '../openai/codec/fields.ts';
import { present } from '../openai/codec/request-decode.ts';
import { decodeFunction, decodeSchema } from '../openai/codec/tools-decode.ts';
import { InputDecoder } from './input-decode.ts';

/** What routing read already. The answer that this one continues was put before its input by who keeps the answers. */
const ROUTED = ['model', 'stream', 'stream_options', 'service_tier', 'previous_response_id'];

/** Nothing of the answer hangs on them, or only for prompts that the upstream will refuse by itself. */
const IGNORED = [
  'metadata',
  'store',
  'truncation',
  'max_tool_calls',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
];

const OWN: Readonly<Record<string, string>> = {
  background: 'the answer would be kept and fetched at its own provider',
  conversation: 'it lies with the provider that keeps it',
  prompt: 'the template lies with the provider that keeps it',
  context_management: 'the context is managed at its own provider',
  moderation: 'its scores come from a model of its own provider',
  access_programs: 'they are agreements with its own provider',
  image: 'how pictures are packed is a setting of its own provider',
};

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const SUMMARIES = ['auto', 'concise', 'detailed'] as const;

export function decodeResponsesRequest(body: JsonObject): CanonicalRequest {
  const fields = new Fields(body, '');
  const ignored: string[] = [];
  for (const name of ROUTED) fields.take(name);
  for (const name of IGNORED) fields.ignore(name, ignored);
  for (const [name, why] of Object.entries(OWN)) fields.refuse(name, why);
  const conversation = new InputDecoder(fields.text('instructions') ?? '', ignored).decode(fields);
  const tools = decodeTools(fields);
  const user = fields.text('user');
  const options = present({
    toolChoice: decodeToolChoice(fields),
    parallelToolCalls: fields.flag('parallel_tool_calls'),
    format: decodeText(fields),
    reasoning: decodeReasoning(fields, ignored),
    logprobs: decodeLogprobs(fields, ignored),
    user: fields.text('safety_identifier') ?? user,
  });
  const sampling = present({
    maxTokens: fields.count('max_output_tokens', 1),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
  });
  fields.finish();
  return { ...conversation, tools, ...options, sampling, ignored };
}

function decodeTools(fields: Fields): Tool[] {
  return fields.entries('tools').map((tool) => {
    if (tool.requiredText('type') !== 'function') {
      throw tool.untranslatable('type', 'only tools of type function are known to every wire');
    }
    return decodeFunction(tool);
  });
}

function decodeToolChoice(fields: Fields): ToolChoice | undefined {
  const value = fields.take('tool_choice');
  if (value === undefined || value === 'auto' || value === 'none' || value === 'required') return value;
  if (typeof value === 'string')
    throw fields.invalid('tool_choice', 'it must be auto, none, required, or name a function');
  const choice = new Fields(value, 'tool_choice');
  if (choice.requiredText('type') !== 'function') {
    throw choice.untranslatable('type', 'other wires choose a function, or none, or any');
  }
  const name = choice.requiredText('name');
  choice.finish();
  return { name };
}

function decodeText(fields: Fields): CanonicalRequest['format'] {
  const text = fields.object('text');
  const verbosity = text?.oneOf('verbosity', ['low', 'medium', 'high']) ?? 'medium';
  if (text !== undefined && verbosity !== 'medium') {
    throw text.untranslatable('verbosity', 'other models have no such setting; say it in the prompt');
  }
  const format = text?.object('format');
  text?.finish();
  if (format === undefined) return undefined;
  const type = format.oneOf('type', ['text', 'json_object', 'json_schema']);
  if (type === 'json_schema') return decodeSchema(format);
  format.finish();
  if (type === undefined) throw format.invalid('type', 'it must be one of text, json_object, json_schema');
  return type === 'json_object' ? { kind: 'json' } : undefined;
}

function decodeReasoning(fields: Fields, ignored: string[]): ReasoningWish | undefined {
  const reasoning = fields.object('reasoning');
  if (reasoning === undefined) return undefined;
  const effort = reasoning.oneOf('effort', EFFORTS);
  const older = reasoning.oneOf('generate_summary', SUMMARIES);
  const summary = reasoning.oneOf('summary', SUMMARIES) ?? older;
  reasoning.ignore('context', ignored);
  const mode = reasoning.text('mode') ?? 'standard';
  if (mode !== 'standard') throw reasoning.untranslatable('mode', 'other models have no such mode');
  reasoning.finish();
  const wish = present({ effort, visible: summary === undefined ? undefined : true });
  return Object.keys(wish).length === 0 ? undefined : wish;
}

/** What else may be included belongs to tools that run at OpenAI, and to thoughts, which are handed over anyway. */
function decodeLogprobs(fields: Fields, ignored: string[]): { readonly top: number } | undefined {
  const include = fields.list('include') ?? [];
  const known = ['reasoning.encrypted_content', 'message.output_text.logprobs'];
  if (include.some((entry) => !known.includes(entry as string))) ignored.push('include');
  const top = fields.count('top_logprobs', 0) ?? 0;
  return top > 0 || include.includes('message.output_text.logprobs') ? { top } : undefined;
}
