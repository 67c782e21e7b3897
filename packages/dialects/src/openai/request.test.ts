import { describe, expect, test } from 'vitest';
import type { RequestFacts } from '../dialect.ts';
import { modelBytesMax, readRequest, type PostOperation } from './request.ts';

const CHAT = { model: 'sim-8b', messages: [{ role: 'user', content: 'Name a river.' }] };

function read(body: object | string, operation: PostOperation = 'chat'): ReturnType<typeof readRequest> {
  return readRequest(operation, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

function factsOf(body: object | string, operation: PostOperation = 'chat'): RequestFacts {
  const result = read(body, operation);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result.facts;
}

describe('facts', () => {
  test('of a bare chat request', () => {
    expect(factsOf(CHAT)).toEqual({
      model: 'sim-8b',
      stream: false,
      tierWord: undefined,
      maxTokens: undefined,
      includeUsage: false,
      continuation: 'continue',
      inputTokens: Math.ceil(JSON.stringify(CHAT.messages).length / 4),
    });
  });

  test('of a chat request that says everything', () => {
    const body = {
      ...CHAT,
      stream: true,
      service_tier: 'flex',
      max_completion_tokens: 50,
      max_tokens: 70,
      n: 2,
      stream_options: { include_usage: true, include_obfuscation: false },
    };
    expect(factsOf(body)).toMatchObject({
      stream: true,
      tierWord: 'flex',
      maxTokens: 100,
      includeUsage: true,
      continuation: 'restart',
    });
  });

  test('nulls say nothing', () => {
    const nulls = { stream: null, service_tier: null, max_tokens: null, n: null, stream_options: null };
    expect(factsOf({ ...CHAT, ...nulls })).toMatchObject({
      stream: false,
      tierWord: null,
      maxTokens: undefined,
      includeUsage: false,
    });
  });

  test('of legacy completions', () => {
    const body = { model: 'm', prompt: 'Once upon a time', max_tokens: 0, stream: true };
    expect(factsOf(body, 'completions')).toMatchObject({ stream: true, maxTokens: 0, inputTokens: 5 });
    expect(factsOf({ model: 'm', prompt: [[1, 2], [3]] }, 'completions').continuation).toBe('restart');
  });

  test('of embeddings', () => {
    const body = { model: 'm', input: ['a', 'b'], stream: 'not read here' };
    expect(factsOf(body, 'embeddings')).toMatchObject({ stream: false, maxTokens: undefined, continuation: 'restart' });
  });

  test('escapes in names and values do not hide a tier', () => {
    const body = '{"model":"m","messages":[1],"\\u0073ervice_tier":"fl\\u0065x"}';
    expect(factsOf(body).tierWord).toBe('flex');
  });

  test('what the engine alone can judge passes', () => {
    expect(factsOf({ ...CHAT, temperature: 'hot', messages: ['not a message'], unknown: {} }).model).toBe('sim-8b');
  });
});

describe('refusals name the member and what is allowed', () => {
  test.each<[string, PostOperation, object | string, string, string]>([
    ['no model', 'chat', { messages: [1] }, 'model', 'missing'],
    ['a number as model', 'chat', { ...CHAT, model: 7 }, 'model', '7 is not allowed here; it must be a string'],
    ['an empty model', 'chat', { ...CHAT, model: '' }, 'model', 'empty'],
    ['a model too long', 'chat', { ...CHAT, model: 'm'.repeat(modelBytesMax + 1) }, 'model', '256 bytes'],
    ['a model with a broken escape', 'chat', '{"model":"\\q","messages":[1]}', 'model', 'invalid escape'],
    ['no messages', 'chat', { model: 'm' }, 'messages', 'missing'],
    ['messages as text', 'chat', { model: 'm', messages: 'hi' }, 'messages', 'an array that is not empty'],
    ['empty messages', 'chat', { model: 'm', messages: [] }, 'messages', 'empty array'],
    ['empty messages with space', 'chat', '{"model":"m","messages":[ \n]}', 'messages', 'empty array'],
    ['no prompt', 'completions', { model: 'm' }, 'prompt', 'missing'],
    ['an object as prompt', 'completions', { model: 'm', prompt: {} }, 'prompt', 'an object is not allowed'],
    ['no input', 'embeddings', { model: 'm' }, 'input', 'missing'],
    ['null input', 'embeddings', { model: 'm', input: null }, 'input', 'null is not allowed'],
    [
      'stream as text',
      'chat',
      { ...CHAT, stream: 'true' },
      'stream',
      '"true" is not allowed here; it must be true, false or null',
    ],
    ['a tier as number', 'chat', { ...CHAT, service_tier: 1 }, 'service_tier', 'a string or null'],
    [
      'a tier as object',
      'chat',
      { ...CHAT, service_tier: { type: 'flex' } },
      'service_tier',
      'an object is not allowed',
    ],
    ['negative tokens', 'chat', { ...CHAT, max_tokens: -1 }, 'max_tokens', '-1 is not allowed'],
    ['fractional tokens', 'chat', { ...CHAT, max_completion_tokens: 1.5 }, 'max_completion_tokens', 'whole number'],
    ['tokens beyond counting', 'chat', '{"model":"m","messages":[1],"max_tokens":1e999}', 'max_tokens', '1e999'],
    ['tokens as text', 'chat', { ...CHAT, max_tokens: '5' }, 'max_tokens', '"5"'],
    ['no choices', 'chat', { ...CHAT, n: 0 }, 'n', 'from 1 on'],
    ['stream options as flag', 'chat', { ...CHAT, stream_options: true }, 'stream_options', 'an object or null'],
    [
      'usage as text',
      'chat',
      { ...CHAT, stream_options: { include_usage: 'yes' } },
      'stream_options.include_usage',
      '"yes"',
    ],
    ['a long wrong value', 'chat', { ...CHAT, stream: 'x'.repeat(500) }, 'stream', 'a string of 502 characters'],
  ])('%s', (_what, operation, body, param, detail) => {
    const result = read(body, operation);
    expect(result).toMatchObject({ ok: false, problem: { kind: 'invalid-value', param } });
    expect(!result.ok && result.problem.kind === 'invalid-value' && result.problem.detail).toContain(detail);
  });

  test.each(['', '[]', '"text"', '{"model":"m"', '{"model":"m",}', '<html>', '{"a":'.repeat(10_000)])(
    '%j is not JSON',
    (body) => {
      const result = read(body);
      expect(result).toMatchObject({
        ok: false,
        problem: { kind: 'malformed-json', offset: expect.any(Number) as number },
      });
      expect(!result.ok && result.problem.kind === 'malformed-json' && result.problem.detail).toMatch(
        /line \d+, column \d+/,
      );
    },
  );
});

describe('members that are there twice', () => {
  test.each([
    ['service_tier', '{"service_tier":"flex","model":"m","messages":[1],"service_tier":"default"}'],
    ['service_tier', '{"service_tier":"default","model":"m","messages":[1],"\\u0073ervice_tier":"flex"}'],
    ['service_tier', '{"service_tier":null,"model":"m","messages":[1],"service_tier":"flex"}'],
    [
      'service_tier',
      '{"service_tier":"flex","service_tier":"default","service_tier":"flex","model":"m","messages":[1]}',
    ],
    ['model', '{"model":"cheap","messages":[1],"model":"dear"}'],
    ['stream', '{"model":"m","messages":[1],"stream":true,"stream":false}'],
  ])('with different values are refused: %s in %s', (param, body) => {
    expect(read(body)).toMatchObject({
      ok: false,
      problem: { kind: 'invalid-value', param, detail: expect.stringContaining('more than once') as string },
    });
  });

  test('with the same value are harmless', () => {
    const body = '{"service_tier":"flex","model":"m","messages":[1],"service_tier":"fl\\u0065x","model":"m"}';
    expect(factsOf(body)).toMatchObject({ tierWord: 'flex', model: 'm' });
  });

  test('that decide nothing here are the engine to judge', () => {
    expect(factsOf('{"model":"m","messages":[1],"top_p":1,"top_p":0.5}').model).toBe('m');
  });
});
