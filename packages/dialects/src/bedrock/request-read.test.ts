import { describe, expect, test } from 'vitest';
import type { PathFacts, WireRequest } from '../codec.ts';
import { attachmentTokens } from '../openai/estimate.ts';
import { formOfBody } from './invoke/body.ts';
import { readInvoke } from './invoke/request-read.ts';
import * as ANTHROPIC_CARRIED from '../anthropic/carried-state.ts';
import { carry } from './carried-state.ts';
import { readConverse } from './request-read.ts';

const MODEL = 'anthropic.claude-opus-4-6-v1:0';
const ASK = { messages: [{ role: 'user', content: [{ text: 'Name a river.' }] }] };
const promptTokens = Math.ceil(JSON.stringify(ASK.messages).length / 4);

function bytes(body: object | string): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function readOf(body: object | string, path: PathFacts = { model: MODEL }): WireRequest {
  const read = readConverse(bytes(body), path);
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return read;
}

describe('facts', () => {
  test('of a bare request', () => {
    expect(readOf(ASK).facts).toEqual({
      model: MODEL,
      stream: false,
      tierWord: undefined,
      maxTokens: undefined,
      includeUsage: true,
      continuation: 'restart',
      inputTokens: promptTokens,
    });
  });

  test('of one that says everything', () => {
    const body = {
      ...ASK,
      system: [{ text: 'Be brief.' }],
      inferenceConfig: { temperature: 0, maxTokens: 50 },
      serviceTier: { type: 'flex' },
    };
    expect(readOf(body, { model: MODEL, stream: true }).facts).toMatchObject({
      stream: true,
      tierWord: 'flex',
      maxTokens: 50,
      inputTokens: promptTokens + Math.ceil(JSON.stringify(body.system).length / 4),
    });
  });

  test('nulls say nothing', () => {
    expect(readOf({ ...ASK, serviceTier: null, inferenceConfig: null }).facts).toMatchObject({
      tierWord: null,
      maxTokens: undefined,
    });
  });

  test('a picture costs the same whatever its size', () => {
    const content = [{ image: { format: 'png', source: { bytes: 'A'.repeat(400_000) } } }];
    const { inputTokens } = readOf({ messages: [{ role: 'user', content }] }).facts;
    expect(inputTokens).toBeLessThan(attachmentTokens + 50);
  });
});

test.each<[string, object | string, PathFacts, object]>([
  ['no messages', {}, { model: MODEL }, { kind: 'invalid-value', param: 'messages' }],
  ['empty messages', { messages: [] }, { model: MODEL }, { kind: 'invalid-value', param: 'messages' }],
  ['half a body', '{"messages":[', { model: MODEL }, { kind: 'malformed-json' }],
  ['no model', ASK, {}, { kind: 'invalid-value', param: 'modelId' }],
  ['a long model', ASK, { model: 'm'.repeat(257) }, { kind: 'invalid-value', param: 'modelId' }],
  ['a bare word as tier', { ...ASK, serviceTier: 'flex' }, { model: MODEL }, { param: 'serviceTier' }],
  ['a number as tier', { ...ASK, serviceTier: { type: 3 } }, { model: MODEL }, { param: 'serviceTier.type' }],
  [
    'no tokens',
    { ...ASK, inferenceConfig: { maxTokens: 0 } },
    { model: MODEL },
    { param: 'inferenceConfig.maxTokens' },
  ],
  [
    'two tiers',
    '{"messages":[1],"serviceTier":{"type":"flex"},"serviceTier":{"type":"default"}}',
    { model: MODEL },
    { param: 'serviceTier' },
  ],
  [
    'two tiers in one',
    '{"messages":[1],"serviceTier":{"type":"flex","type":"default"}}',
    { model: MODEL },
    { param: 'serviceTier.type' },
  ],
])('refused: %s', (_what, body, path, problem) => {
  expect(readConverse(bytes(body), path)).toMatchObject({ ok: false, problem });
});

describe('forwarding', () => {
  test('writes the tier in, over, and out, and leaves the rest alone', () => {
    const plain = bytes('{ "messages" : [1] }');
    const path = { model: MODEL };
    const of = (body: Buffer, word: string | null): string => {
      const read = readConverse(body, path);
      if (!read.ok) throw new Error(read.problem.kind);
      return read.forward('ignored', word).toString();
    };
    expect(of(plain, 'flex')).toBe('{ "messages" : [1] ,"serviceTier":{"type":"flex"}}');
    const flex = bytes('{"serviceTier": {"type":"flex"}, "messages":[1]}');
    expect(of(flex, 'default')).toBe('{"serviceTier": {"type":"default"}, "messages":[1]}');
    expect(of(flex, null)).toBe('{ "messages":[1]}');
  });

  test.each([
    ['{"messages":[1]}', null],
    ['{"messages":[1],"serviceTier":{"type":"flex"}}', 'flex'],
    ['{"messages":[1],"serviceTier":{ "type" : "fl\\u0065x" }}', 'flex'],
  ])('hands on the same bytes: %s', (body, word) => {
    const sent = bytes(body);
    const read = readConverse(sent, { model: MODEL });
    expect(read.ok && read.forward(MODEL, word)).toBe(sent);
  });
});

describe('forwarding leaves out what other providers signed', () => {
  const foreign = carry({ state: { from: 'anthropic', form: 'signature', data: 'EqQB' } });
  const thought = (signature: string) => ({ reasoningContent: { reasoningText: { text: 'So.', signature } } });
  const user = (text: string) => ({ role: 'user', content: [{ text }] });
  const forwarded = (messages: unknown): unknown => {
    const read = readConverse(bytes({ messages, system: [{ text: 'x' }] }), { model: MODEL });
    if (!read.ok) throw new Error(read.problem.kind);
    return JSON.parse(read.forward(MODEL, 'flex').toString());
  };
  const rest = { system: [{ text: 'x' }], serviceTier: { type: 'flex' } };

  test('and nothing else', () => {
    const said = [
      thought(foreign),
      thought('c2ln'),
      { text: foreign },
      { toolUse: { name: 'f', input: { of: foreign } } },
    ];
    const messages = [
      user('Hi'),
      { role: 'assistant', content: said },
      user('Go on'),
      7,
      { role: 'user', content: 'x' },
    ];
    expect(forwarded(messages)).toEqual({
      messages: [user('Hi'), { role: 'assistant', content: said.slice(1) }, ...messages.slice(2)],
      ...rest,
    });
  });

  test('and lets roles take turns where nothing is left of a turn', () => {
    const messages = [user('Hi'), { role: 'assistant', content: [thought(foreign)] }, user('Go on')];
    const content = [{ text: 'Hi' }, { text: 'Go on' }];
    expect(forwarded(messages)).toEqual({ messages: [{ role: 'user', content }], ...rest });
  });

  test('and changes no byte where they only seem to have', () => {
    for (const sent of [
      bytes({ messages: [1], x: foreign }),
      bytes({ messages: [user(foreign), user('x')] }),
      bytes(`{"messages":["${foreign}","\\x"]}`),
    ]) {
      const read = readConverse(sent, { model: MODEL });
      expect(read.ok && read.forward(MODEL, null)).toBe(sent);
    }
  });

  test('in the form of Claude, too', () => {
    const signature = ANTHROPIC_CARRIED.carry({ from: 'openai', form: 'encrypted', data: 'x' }, false);
    const content = [
      { type: 'thinking', thinking: 'So.', signature },
      { type: 'text', text: 'Hi' },
    ];
    const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'assistant', content }] };
    const read = readInvoke(bytes(body), { model: MODEL });
    expect(read.ok && JSON.parse(read.forward(MODEL, null).toString())).toEqual({
      ...body,
      messages: [{ role: 'assistant', content: content.slice(1) }],
    });
  });
});

describe('counting', () => {
  const path: PathFacts = { model: MODEL, operation: 'count-tokens' };

  test('of a conversation', () => {
    expect(readOf({ input: { converse: ASK } }, path).facts.inputTokens).toBe(promptTokens);
  });

  test("of a model's own request", () => {
    const inner = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 5, ...ASK };
    const body = { input: { invokeModel: { body: bytes(inner).toString('base64') } } };
    expect(readOf(body, path).facts).toMatchObject({ inputTokens: promptTokens, model: MODEL });
  });

  test.each<[object, string]>([
    [{}, 'input'],
    [{ input: {} }, 'input'],
    [{ input: { converse: ASK, invokeModel: { body: '' } } }, 'input'],
    [{ input: { invokeModel: {} } }, 'input.invokeModel.body'],
    [{ input: { invokeModel: { body: 7 } } }, 'input.invokeModel.body'],
    [{ input: { invokeModel: { body: '####' } } }, 'input.invokeModel.body'],
  ])('refuses %j', (body, param) => {
    expect(readConverse(bytes(body), path)).toMatchObject({ ok: false, problem: { kind: 'invalid-value', param } });
  });
});

describe('bodies in the form of the model', () => {
  test.each<[object, string, number | undefined]>([
    [{ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [1] }, 'anthropic', 9],
    [{ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, system: 'x', messages: [1] }, 'anthropic', 9],
    [{ messages: [1], max_completion_tokens: 7, max_tokens: null }, 'openai', 7],
    [{ schemaVersion: 'messages-v1', messages: [1], inferenceConfig: { maxTokens: 5 } }, 'other', 5],
    [{ messages: [1], inferenceConfig: { max_new_tokens: 6 } }, 'other', 6],
    [{ prompt: 'Name a river', max_gen_len: 4 }, 'other', 4],
    [{ inputText: 'Name a river', textGenerationConfig: { maxTokenCount: 3 } }, 'other', 3],
    [{ messages: [], system: null }, 'openai', undefined],
    [{ messages: 'hi', anthropic_version: null }, 'other', undefined],
  ])('%j', (body, form, maxTokens) => {
    const path = { model: MODEL, stream: true, tierWord: 'priority' };
    const sent = bytes(body);
    const read = readInvoke(sent, path);
    expect(formOfBody(sent)).toBe(form);
    expect(read).toMatchObject({ ok: true, facts: { model: MODEL, stream: true, tierWord: 'priority', maxTokens } });
    expect(read.ok && read.forward(MODEL, 'flex')).toBe(sent);
  });

  test('several answers are bounded together', () => {
    const read = readInvoke(bytes({ messages: [1], max_tokens: 10, n: 3 }), { model: MODEL });
    expect(read).toMatchObject({ ok: true, choices: 3, facts: { maxTokens: 30 } });
  });

  test('what is no JSON or no count is refused', () => {
    expect(readInvoke(bytes('<x>'), { model: MODEL })).toMatchObject({
      ok: false,
      problem: { kind: 'malformed-json' },
    });
    expect(readInvoke(bytes({ messages: [1], max_tokens: '9' }), { model: MODEL })).toMatchObject({
      ok: false,
      problem: { kind: 'invalid-value', param: 'max_tokens' },
    });
  });
});
