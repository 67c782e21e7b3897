import { describe, expect, test } from 'vitest';
import { readAnswer } from './answer.ts';

const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'a "quoted" {answer}' } }],
  usage: {
    prompt_tokens: 120,
    completion_tokens: 8,
    total_tokens: 128,
    prompt_tokens_details: { cached_tokens: 64 },
    completion_tokens_details: { reasoning_tokens: 4 },
  },
};

function read(
  answer: object | string,
  operation: 'chat' | 'embeddings' = 'chat',
): { usage: unknown; body: unknown } | null {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const result = readAnswer(Buffer.from(text), operation, 'flex');
  return result === null ? null : { usage: result.usage, body: JSON.parse(Buffer.concat(result.pieces).toString()) };
}

test('the served tier is written in and the usage is read', () => {
  expect(read(ANSWER)).toEqual({
    usage: { input: 120, cachedInput: 64, output: 8, reasoning: 4 },
    body: { ...ANSWER, service_tier: 'flex' },
  });
});

test("the engine's own word for the tier is replaced", () => {
  expect(read({ service_tier: 'default', ...ANSWER })?.body).toEqual({ ...ANSWER, service_tier: 'flex' });
  expect(read({ ...ANSWER, service_tier: null })?.body).toEqual({ ...ANSWER, service_tier: 'flex' });
});

test('embeddings have no member for it', () => {
  const answer = { object: 'list', data: [], service_tier: null, usage: { prompt_tokens: 5, total_tokens: 5 } };
  const { service_tier: _tier, ...body } = answer;
  expect(read(answer, 'embeddings')).toEqual({ usage: { input: 5, cachedInput: 0, output: 0, reasoning: 0 }, body });
});

describe('usage that is none', () => {
  test.each([
    undefined,
    null,
    'many',
    [],
    {},
    { prompt_tokens: -5, completion_tokens: 1 },
    { prompt_tokens: 1.5 },
    { prompt_tokens: '12' },
    { prompt_tokens: 12, filler: 'x'.repeat(20_000) },
  ])('%j', (usage) => {
    expect(read({ ...ANSWER, usage })).toMatchObject({ usage: null, body: { service_tier: 'flex' } });
  });

  test('because its text is broken inside a string', () => {
    const text = '{"usage":{"prompt_tokens":1,"x":"\\q"},"id":"a"}';
    expect(readAnswer(Buffer.from(text), 'chat', 'flex')?.usage).toBeNull();
  });
});

test.each(['', 'null', '[]', 'upstream connect error', '<html></html>', '{"id":"chatcmpl-1","choices":['])(
  '%j is no answer',
  (text) => {
    expect(read(text)).toBeNull();
  },
);
