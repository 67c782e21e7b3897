import type OpenAI from 'openai';
import { cutInPieces, tokensOf } from '../../script.ts';
import { begun, logprobsOf } from './compose.ts';
import type { ResponsesRequest } from './schema.ts';
import type { Event, WireResponse } from './store.ts';

type Output = OpenAI.Responses.ResponseOutputItem;
type Message = OpenAI.Responses.ResponseOutputMessage;
/** An event before its place in the stream is known. */
type Unnumbered = { readonly type: Event['type'] } & Readonly<Record<string, unknown>>;

/** All events of a response, numbered from 0. */
export function eventsOf(request: ResponsesRequest, final: WireResponse): Event[] {
  const events: Unnumbered[] = [
    ...(request.background === true
      ? [{ type: 'response.queued' as const, response: begun(final, request, 'queued') }]
      : []),
    { type: 'response.created', response: begun(final, request, 'in_progress') },
    { type: 'response.in_progress', response: begun(final, request, 'in_progress') },
    ...final.output.flatMap((item, index) => itemEvents(request, item, index)),
    { type: final.status === 'incomplete' ? 'response.incomplete' : 'response.completed', response: final },
  ];
  return events.map((event, index) => {
    const { type, ...rest } = event;
    return { type, sequence_number: index, ...rest } as unknown as Event;
  });
}

function itemEvents(request: ResponsesRequest, item: Output, output_index: number): Unnumbered[] {
  const { item: empty, inside } = insideOf(request, item, output_index);
  return [
    { type: 'response.output_item.added', output_index, item: empty },
    ...inside,
    { type: 'response.output_item.done', output_index, item },
  ];
}

/** The item as it begins, and the events that fill it. */
function insideOf(
  request: ResponsesRequest,
  item: Output,
  output_index: number,
): { item: unknown; inside: Unnumbered[] } {
  switch (item.type) {
    case 'message':
      return {
        item: { ...item, status: 'in_progress', content: [] },
        inside: messageEvents(request, item, output_index),
      };
    case 'function_call': {
      const at = { item_id: item.id, output_index };
      return {
        item: { ...item, status: 'in_progress', arguments: '' },
        inside: [
          ...cutInPieces(item.arguments).map((delta) => ({
            type: 'response.function_call_arguments.delta' as const,
            ...at,
            delta,
            ...padding(request, delta),
          })),
          { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments, name: item.name },
        ],
      };
    }
    case 'custom_tool_call': {
      const at = { item_id: item.id, output_index };
      return {
        item: { ...item, input: '' },
        inside: [
          ...cutInPieces(item.input).map((delta) => ({
            type: 'response.custom_tool_call_input.delta' as const,
            ...at,
            delta,
            ...padding(request, delta),
          })),
          { type: 'response.custom_tool_call_input.done', ...at, input: item.input },
        ],
      };
    }
    case 'reasoning':
      return {
        item: { ...item, summary: [] },
        inside: item.summary.flatMap(({ text }, summary_index) =>
          summaryEvents(request, text, { item_id: item.id, output_index, summary_index }),
        ),
      };
    default:
      return { item, inside: [] };
  }
}

function messageEvents(request: ResponsesRequest, { id, content }: Message, output_index: number): Unnumbered[] {
  return content.flatMap((part, content_index): Unnumbered[] => {
    const at = { item_id: id, output_index, content_index };
    if (part.type === 'refusal') {
      return [
        { type: 'response.content_part.added', ...at, part: { ...part, refusal: '' } },
        ...tokensOf(part.refusal).map((delta) => ({ type: 'response.refusal.delta' as const, ...at, delta })),
        { type: 'response.refusal.done', ...at, refusal: part.refusal },
        { type: 'response.content_part.done', ...at, part },
      ];
    }
    return [
      { type: 'response.content_part.added', ...at, part: { ...part, text: '', logprobs: [] } },
      ...tokensOf(part.text).map((delta) => ({
        type: 'response.output_text.delta' as const,
        ...at,
        delta,
        logprobs: logprobsOf(request, delta),
        ...padding(request, delta),
      })),
      { type: 'response.output_text.done', ...at, text: part.text, logprobs: part.logprobs },
      { type: 'response.content_part.done', ...at, part },
    ];
  });
}

function summaryEvents(request: ResponsesRequest, text: string, at: object): Unnumbered[] {
  const part = { type: 'summary_text', text };
  return [
    { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } },
    ...tokensOf(text).map((delta) => ({
      type: 'response.reasoning_summary_text.delta' as const,
      ...at,
      delta,
      ...padding(request, delta),
    })),
    { type: 'response.reasoning_summary_text.done', ...at, text },
    { type: 'response.reasoning_summary_part.done', ...at, part },
  ];
}

/** Hides how long the tokens are. */
function padding({ stream_options: options }: ResponsesRequest, delta: string): object {
  return options?.include_obfuscation === false ? {} : { obfuscation: 'x'.repeat(16 - (delta.length % 16)) };
}
