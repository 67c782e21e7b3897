import { expect } from 'vitest';
import { untilQuiet } from './books.ts';
import { until, type House } from './harness.ts';

export type Json = Record<string, unknown>;

export function chatBody(extra: Json = {}): string {
  return JSON.stringify({ model: 'sim-8b', max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }], ...extra });
}

/** Where each wire takes chats. */
export const CHAT_PATHS = { openai: '/v1/chat/completions', groq: '/openai/v1/chat/completions' } as const;
export type MountName = keyof typeof CHAT_PATHS;
export const MOUNTS = Object.keys(CHAT_PATHS) as readonly MountName[];

export interface PostOptions {
  readonly mount?: MountName;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export function chat(house: Pick<House, 'url'>, extra: Json = {}, options: PostOptions = {}): Promise<Response> {
  return post(house, CHAT_PATHS[options.mount ?? 'openai'], chatBody(extra), options);
}

export function post(
  house: Pick<House, 'url'>,
  path: string,
  body: string | Buffer<ArrayBuffer>,
  { headers, signal }: PostOptions = {},
): Promise<Response> {
  return fetch(house.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    ...(signal === undefined ? {} : { signal }),
  });
}

export interface WireProblem {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param?: string | null;
}

/** The error inside an answer's body, after checking that it has the shape of the mount's own errors. */
export function problemIn(text: string, mount: MountName = 'openai'): WireProblem {
  const body = JSON.parse(text) as { error: WireProblem };
  expect(Object.keys(body)).toEqual(['error']);
  const { message, type, code } = body.error;
  for (const word of [message, type, code]) expect(word).toBeTypeOf('string');
  // OpenAI always has all four members; Groq leaves out what says nothing.
  if (mount === 'openai') expect(Object.keys(body.error).sort()).toEqual(['code', 'message', 'param', 'type']);
  else expect(body.error.param).not.toBeNull();
  expectNothingLeaks(text);
  return body.error;
}

/** Nothing of the inside: no stack, no address of an engine, no file, no key. */
export function expectNothingLeaks(text: string): void {
  expect(text).not.toMatch(/\bat [\w.#<>]+ \(|node:internal|\.ts:\d|127\.0\.0\.1|localhost|secret/i);
}

/** Every event of a stream's text that is not a comment. */
export function eventsIn(text: string): string[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length));
}

/** What the answer's chunks say, put together. */
export function textIn(stream: string): string {
  return eventsIn(stream)
    .filter((data) => data !== '[DONE]')
    .map(
      (data) =>
        (JSON.parse(data) as { choices?: { delta?: { content?: string } }[] }).choices?.[0]?.delta?.content ?? '',
    )
    .join('');
}

/** No request is queued, runs, or holds a slot: here and in the engines. */
export async function untilIdle(house: House): Promise<void> {
  await untilQuiet(house);
  await until(
    () => house.engines.every((engine) => engine.stats().runningRequests + engine.stats().waitingRequests === 0),
    'no engine works on anything',
  );
}
