import { textsIn, type Asked } from '../../script.ts';
import { urlNamed } from '../asked.ts';
import type { OpenAiModel } from '../models.ts';
import type { Item, ResponsesRequest } from './schema.ts';
import { isSet } from '../../is-set.ts';

export function itemsOf({ input }: ResponsesRequest): readonly Item[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  return input ?? [];
}

/** A request as the script understands it, with all that was said before it. */
export function askedOf(body: ResponsesRequest, history: readonly Item[], model: OpenAiModel): Asked {
  const lastUser = history.findLast((item) => item.type === 'message' && item.role === 'user');
  const parts = lastUser === undefined ? [] : partsOf(lastUser);
  const format = formatOf(body);
  return {
    lastUserText: parts.flatMap((part) => (part.type === 'input_text' ? [part.text] : [])).join(''),
    results: resultsOf(history),
    attachments: parts.flatMap(attachmentOf),
    tools: (body.tools ?? []).flatMap((tool) => {
      if (tool.type === 'function') return [{ name: tool.name, schema: tool.parameters ?? {} }];
      return tool.type === 'custom' ? [{ name: tool.name, schema: {} }] : [];
    }),
    choice: choiceOf(body),
    parallel: body.parallel_tool_calls !== false,
    ...(format === undefined ? {} : { format }),
    reasons: reasonsOf(body, model),
    ...(isSet(body.max_output_tokens) ? { maxTokens: body.max_output_tokens } : {}),
    stops: [],
    prompt: [body.instructions, history, body.tools].map((part) => textsIn(part)).join(' '),
  };
}

function reasonsOf({ reasoning }: ResponsesRequest, { reasons }: OpenAiModel): boolean {
  const effort = reasoning?.effort ?? 'none';
  return reasons === 'always' || (reasons === 'wished' && effort !== 'none');
}

type InputPart = Exclude<Extract<Item, { type: 'function_call_output' }>['output'], string>[number];

function partsOf(item: Item): readonly InputPart[] {
  if (item.type !== 'message' || item.role === 'assistant') return [];
  return typeof item.content === 'string' ? [{ type: 'input_text', text: item.content }] : item.content;
}

function attachmentOf(part: InputPart): string[] {
  if (part.type === 'input_image') return [isSet(part.image_url) ? urlNamed(part.image_url) : `file ${part.file_id!}`];
  if (part.type !== 'input_file') return [];
  if (isSet(part.file_data)) return [urlNamed(part.file_data)];
  return [isSet(part.file_url) ? `file at ${part.file_url}` : `file ${part.file_id!}`];
}

function resultsOf(history: readonly Item[]): Asked['results'] {
  const last = history.findLastIndex(
    ({ type }) => type !== 'function_call_output' && type !== 'custom_tool_call_output',
  );
  const names = new Map(
    history.flatMap((item) =>
      item.type === 'function_call' || item.type === 'custom_tool_call' ? [[item.call_id, item.name] as const] : [],
    ),
  );
  return history.slice(last + 1).flatMap((item) => {
    if (item.type !== 'function_call_output' && item.type !== 'custom_tool_call_output') return [];
    return [{ name: names.get(item.call_id!)!, text: textOf(item.output) }];
  });
}

function textOf(output: string | readonly InputPart[]): string {
  if (typeof output === 'string') return output;
  return output.map((part) => (part.type === 'input_text' ? part.text : `[${attachmentOf(part)[0]!}]`)).join(' ');
}

function choiceOf({ tool_choice: choice = 'auto' }: ResponsesRequest): Asked['choice'] {
  if (choice === 'required') return 'any';
  if (typeof choice === 'string') return choice;
  if (choice.type === 'allowed_tools') return choice.mode === 'required' ? 'any' : 'auto';
  return choice;
}

function formatOf({ text }: ResponsesRequest): unknown {
  if (text?.format?.type === 'json_object') return {};
  return text?.format?.type === 'json_schema' ? text.format.schema : undefined;
}
