import type OpenAI from 'openai';
import { zodTextFormat as zodTextFormat7 } from 'openai/helpers/zod';
import { zodTextFormat as zodTextFormat6 } from 'openai-6/helpers/zod';
import { OPENAI_6, OPENAI_7, type ClientOptions, type OpenAiSdk } from './sdks.ts';

/** The openai SDKs that have Responses: both majors. */
export const MAJORS: readonly OpenAiSdk[] = [OPENAI_7, OPENAI_6];

export type Answer = OpenAI.Responses.Response;
export type Event = OpenAI.Responses.ResponseStreamEvent;
/** A request that says nothing about streaming, which each case does by itself. */
export type Ask = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;

/** The whole client, in the types of the newer major: what the cases use has the same form in both. Nothing is sent twice. */
export function wholeClient(sdk: OpenAiSdk, baseURL: string, options: ClientOptions = {}): OpenAI {
  return (sdk.connect(baseURL, options) as unknown as OpenAI).withOptions({ maxRetries: 0 });
}

/** Each major's own helper, which its `parse` understands. */
export function textFormatOf(sdk: OpenAiSdk): typeof zodTextFormat7 {
  return sdk === OPENAI_7 ? zodTextFormat7 : (zodTextFormat6 as unknown as typeof zodTextFormat7);
}

export async function eventsOf(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** What the deltas say, put together. */
export function saidIn(events: readonly Event[]): string {
  return events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
}

/** The answer as the stream's last event has it. */
export function endOf(events: readonly Event[]): Answer {
  const last = events.at(-1);
  if (last?.type === 'response.completed' || last?.type === 'response.incomplete') return last.response;
  throw new Error(`the stream ends with ${last?.type ?? 'nothing'}`);
}

/** The calls of functions in an answer. */
export function callsIn(answer: Answer): OpenAI.Responses.ResponseFunctionToolCall[] {
  return answer.output.filter((item) => item.type === 'function_call');
}

export const WEATHER: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather in a city.',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
