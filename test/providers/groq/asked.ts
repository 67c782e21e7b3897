import { fromDataUrl, named } from '../media.ts';
import { textsIn, type Asked } from '../script.ts';
import type { GroqModel } from './models.ts';
import type { GroqMessage, GroqRequest } from './schema.ts';

/** A chat request as the script understands it. */
export function askedOf(body: GroqRequest, model: GroqModel): Asked {
  const lastUser = body.messages.findLast((message) => message.role === 'user');
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  const format = formatOf(body);
  return {
    lastUserText: lastUser === undefined ? '' : textOf(lastUser),
    results: resultsOf(body.messages),
    attachments: lastUser === undefined ? [] : imagesOf(lastUser),
    tools: [...(body.tools ?? []).map((tool) => tool.function), ...(body.functions ?? [])].map(
      ({ name, parameters }) => ({
        name,
        schema: parameters ?? {},
      }),
    ),
    choice: choiceOf(body),
    parallel: body.parallel_tool_calls !== false,
    ...(format === undefined ? {} : { format }),
    reasons: model.reasons !== 'no' && body.reasoning_effort !== 'none',
    ...(maxTokens === undefined || maxTokens === null ? {} : { maxTokens }),
    stops: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
    prompt: `${textsIn(body.messages)} ${textsIn(body.tools)}`,
  };
}

function textOf({ content }: GroqMessage): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

function imagesOf({ content }: GroqMessage): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) => {
    if (part.type !== 'image_url') return [];
    const data = fromDataUrl(part.image_url.url);
    return [data === null ? `image at ${part.image_url.url}` : named(data.type, data.bytes)];
  });
}

function resultsOf(messages: readonly GroqMessage[]): Asked['results'] {
  const last = messages.findLastIndex(({ role }) => role !== 'tool' && role !== 'function');
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  const names = new Map(calls.map(({ id, function: { name } }) => [id, name]));
  return messages.slice(last + 1).flatMap((message) => {
    if (message.role === 'tool') return [{ name: names.get(message.tool_call_id)!, text: textOf(message) }];
    return message.role === 'function' ? [{ name: message.name, text: textOf(message) }] : [];
  });
}

function choiceOf({ tool_choice: choice, function_call: call }: GroqRequest): Asked['choice'] {
  const said = choice ?? call ?? 'auto';
  if (said === 'required') return 'any';
  if (typeof said === 'string') return said;
  return 'function' in said ? said.function : said;
}

function formatOf({ response_format: format }: GroqRequest): unknown {
  if (format?.type === 'json_object') return {};
  return format?.type === 'json_schema' ? (format.json_schema.schema ?? {}) : undefined;
}
