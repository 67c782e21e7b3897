import { fromDataUrl, named } from '../media.ts';
import { textsIn, type Asked } from '../script.ts';
import type { OpenAiModel } from './models.ts';
import type { ChatMessage, ChatRequest } from './schema.ts';

/** A chat request as the script understands it. */
export function askedOf(body: ChatRequest, model: OpenAiModel): Asked {
  const lastUser = body.messages.findLast((message) => message.role === 'user');
  const { maxTokens, format } = { maxTokens: body.max_completion_tokens ?? body.max_tokens, format: formatOf(body) };
  return {
    lastUserText: lastUser === undefined ? '' : textOf(lastUser),
    results: resultsOf(body.messages),
    attachments: lastUser === undefined ? [] : attachmentsOf(lastUser),
    tools: toolsOf(body),
    choice: choiceOf(body),
    parallel: body.parallel_tool_calls !== false,
    ...(format === undefined ? {} : { format }),
    reasons: reasonsOf(body, model),
    ...(maxTokens === undefined || maxTokens === null ? {} : { maxTokens }),
    stops: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
    prompt: `${textsIn(body.messages)} ${textsIn(body.tools)}`,
  };
}

function reasonsOf({ reasoning_effort: effort }: ChatRequest, { reasons }: OpenAiModel): boolean {
  return reasons === 'always' || (reasons === 'wished' && effort !== undefined && effort !== null && effort !== 'none');
}

function textOf({ content }: ChatMessage): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

function attachmentsOf({ content }: ChatMessage): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) => {
    if (part.type === 'image_url') return [urlNamed(part.image_url.url)];
    if (part.type === 'file')
      return [part.file.file_data === undefined ? `file ${part.file.file_id!}` : urlNamed(part.file.file_data)];
    if (part.type === 'input_audio')
      return [named(`audio/${part.input_audio.format}`, Buffer.from(part.input_audio.data, 'base64'))];
    return [];
  });
}

export function urlNamed(url: string): string {
  const data = fromDataUrl(url);
  return data === null ? `image at ${url}` : named(data.type, data.bytes);
}

/** Results at the very end, under the names of the calls that they answer. */
function resultsOf(messages: readonly ChatMessage[]): Asked['results'] {
  const last = messages.findLastIndex((message) => message.role !== 'tool' && message.role !== 'function');
  const calls = messages[last]?.role === 'assistant' ? (messages[last].tool_calls ?? []) : [];
  const names = new Map(
    calls.map((call) => [call.id, call.type === 'function' ? call.function.name : call.custom.name]),
  );
  return messages.slice(last + 1).flatMap((message) => {
    if (message.role === 'tool') return [{ name: names.get(message.tool_call_id)!, text: textOf(message) }];
    return message.role === 'function' ? [{ name: message.name, text: textOf(message) }] : [];
  });
}

function toolsOf(body: ChatRequest): Asked['tools'] {
  const tools = (body.tools ?? []).map((tool) =>
    tool.type === 'function'
      ? { name: tool.function.name, schema: tool.function.parameters ?? {} }
      : { name: tool.custom.name, schema: {} },
  );
  return [...tools, ...(body.functions ?? []).map(({ name, parameters }) => ({ name, schema: parameters ?? {} }))];
}

function choiceOf({ tool_choice: choice, function_call: call }: ChatRequest): Asked['choice'] {
  if (typeof call === 'object') return call;
  if (choice === undefined || choice === 'auto' || call === 'auto') return 'auto';
  if (choice === 'none' || call === 'none') return 'none';
  if (choice === 'required') return 'any';
  if (choice.type === 'allowed_tools') return choice.allowed_tools.mode === 'required' ? 'any' : 'auto';
  return choice.type === 'function' ? choice.function : choice.custom;
}

function formatOf({ response_format: format }: ChatRequest): unknown {
  if (format?.type === 'json_object') return {};
  return format?.type === 'json_schema' ? (format.json_schema.schema ?? {}) : undefined;
}
