import { describe, expect, test } from 'vitest';
import { CODECS } from '../codecs.ts';
import type { UpstreamCall } from '../codec.ts';
import type { DialectName } from '../dialect.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { Undecodable, Unsupported } from './feature.ts';

const CHAT = [
  { role: 'user', content: 'Count.' },
  { role: 'assistant', content: 'One, ' },
];

/** The same conversation on every wire, of which the assistant has the last word. */
const BODIES: Readonly<Record<DialectName, JsonObject>> = {
  openai: { model: 'm', messages: CHAT },
  responses: { model: 'm', input: CHAT },
  groq: { model: 'm', messages: CHAT },
  gemini: {
    contents: [
      { role: 'user', parts: [{ text: 'Count.' }] },
      { role: 'model', parts: [{ text: 'One, ' }] },
    ],
  },
  anthropic: { model: 'm', max_tokens: 9, messages: CHAT },
  bedrock: { messages: CHAT.map(({ role, content }) => ({ role, content: [{ text: content }] })) },
};
const FLAGS = { continue_final_message: true, add_generation_prompt: false };

/** Wires on which such a message is the beginning of the answer. */
const BEGINNING = ['groq', 'gemini', 'anthropic', 'bedrock'] as const;
const ANSWERED = ['openai', 'responses'] as const;

type Target = Partial<UpstreamCall> & { readonly wire: DialectName };

function written(from: DialectName, to: Target, more: JsonObject = {}): JsonObject {
  const canonical = CODECS[from].decodeRequest({ ...BODIES[from], ...more }, {});
  return CODECS[to.wire].encodeRequest(canonical, { model: 'm', stream: false, tierWord: null, ...to }).body;
}

function featureRefused(write: () => unknown): string {
  try {
    write();
  } catch (error) {
    if (error instanceof Unsupported) return error.feature;
    throw error;
  }
  return 'nothing';
}

const ENGINE: Target = { wire: 'openai', engine: true };
const GO_ON: readonly Target[] = [
  { wire: 'groq' },
  { wire: 'gemini', model: 'gemini-2.5-flash' },
  { wire: 'anthropic' },
  { wire: 'bedrock', model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
  { wire: 'bedrock', model: 'amazon.nova-pro-v1:0' },
];
const ANSWER: readonly Target[] = [
  { wire: 'openai' },
  { wire: 'responses' },
  { wire: 'bedrock', model: 'qwen.qwen3-32b-v1:0' },
];

describe.each(BEGINNING)('on the wire of %s a last message of the assistant', (from) => {
  test('is gone on with by engines that are told to', () => {
    const body = written(from, ENGINE);
    expect(body).toMatchObject({ ...FLAGS, messages: [{ role: 'user' }, { role: 'assistant', content: 'One, ' }] });
  });

  test.each(GO_ON)('is the last message at $wire $model', (to) => {
    const body = written(from, to);
    const messages = (body['messages'] ?? body['contents']) as JsonObject[];
    expect(messages.at(-1)!['role']).toBe(to.wire === 'gemini' ? 'model' : 'assistant');
    expect(JSON.stringify(messages.at(-1))).toContain('"One, "');
    expect(body).not.toHaveProperty('continue_final_message');
  });

  test.each(ANSWER)('is refused by name for $wire $model', (to) => {
    expect(featureRefused(() => written(from, to))).toBe('prefill');
  });
});

describe.each(ANSWERED)('on the wire of %s it is history', (from) => {
  test.each(GO_ON)('and refused for $wire $model', (to) => {
    expect(featureRefused(() => written(from, to))).toBe('message-order');
  });

  test.each([ENGINE, ...ANSWERED.map((wire) => ({ wire }))])('and answered at $wire', (to) => {
    expect(written(from, to)).not.toHaveProperty('continue_final_message');
  });
});

describe('the members of engines', () => {
  test.each(GO_ON)('say it to $wire $model as well', (to) => {
    expect(JSON.stringify(written('openai', to, FLAGS))).toContain('One, ');
  });

  test.each([
    [{ continue_final_message: true, messages: [CHAT[0]] }, 'invalid', 'continue_final_message'],
    [{ add_generation_prompt: false }, 'untranslatable', 'add_generation_prompt'],
    [{ continue_final_message: 'yes' }, 'invalid', 'continue_final_message'],
  ])('%j is refused', (more, kind, param) => {
    expect(() => written('openai', ENGINE, more)).toThrow(Undecodable);
    expect(() => written('openai', ENGINE, more)).toThrow(expect.objectContaining({ kind, param }));
  });
});

test('what cannot be begun is no beginning: a call waits for its result', () => {
  const called = { type: 'tool_use', id: 'c', name: 'f', input: {} };
  const messages = [CHAT[0], { role: 'assistant', content: [{ type: 'text', text: 'So' }, called] }];
  expect(written('anthropic', ENGINE, { messages })).not.toHaveProperty('continue_final_message');
});

test('a beginning in several texts is one text for an engine, which adds to it', () => {
  const content = [
    { type: 'text', text: 'One, ' },
    { type: 'text', text: 'two, ' },
  ];
  const { messages } = written('anthropic', ENGINE, { messages: [CHAT[0], { role: 'assistant', content }] });
  expect((messages as unknown[]).at(-1)).toEqual({ role: 'assistant', content: 'One, two, ' });
});
