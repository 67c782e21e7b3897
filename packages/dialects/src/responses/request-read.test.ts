import { describe, expect, test } from 'vitest';
import type { AnswerPart } from '../canonical/answer.ts';
import type { WireRequest } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { RESPONSES_CODEC } from './codec.ts';

const BODY = { model: 'chat', input: 'Name a river.' };

function read(body: object | string): ReturnType<typeof RESPONSES_CODEC.read> {
  return RESPONSES_CODEC.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), {});
}

function request(body: object): WireRequest {
  const result = read(body);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result;
}

describe('facts', () => {
  test('of a plain request', () => {
    expect(request(BODY)).toMatchObject({
      facts: {
        model: 'chat',
        stream: false,
        tierWord: undefined,
        maxTokens: undefined,
        includeUsage: true,
        continuation: 'restart',
        inputTokens: Math.ceil('"Name a river."'.length / 4),
      },
      choices: 1,
      stored: { store: true },
    });
  });

  test('of one that says everything', () => {
    const body = {
      ...BODY,
      stream: true,
      service_tier: 'flex',
      max_output_tokens: 40,
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'f' }],
      previous_response_id: 'resp_1',
      store: false,
      background: false,
    };
    expect(request(body)).toMatchObject({
      facts: { stream: true, tierWord: 'flex', maxTokens: 40 },
      stored: { store: false, previousResponse: 'resp_1' },
    });
    expect(request(body).facts.inputTokens).toBeGreaterThan(request(BODY).facts.inputTokens);
  });

  test('the words may lie elsewhere', () => {
    expect(request({ model: 'chat', previous_response_id: 'resp_1' }).facts.inputTokens).toBe(0);
    expect(request({ model: 'chat', prompt: { id: 'p' } }).facts.inputTokens).toBe(0);
  });
});

describe('mistakes', () => {
  test.each<[string, object]>([
    ['model', { input: 'a' }],
    ['input', { model: 'm' }],
    ['input', { model: 'm', input: [] }],
    ['input', { model: 'm', input: {}, previous_response_id: 'r' }],
    ['stream', { ...BODY, stream: 'yes' }],
    ['service_tier', { ...BODY, service_tier: 1 }],
    ['max_output_tokens', { ...BODY, max_output_tokens: 0 }],
    ['store', { ...BODY, store: 'no' }],
    ['previous_response_id', { ...BODY, previous_response_id: 7 }],
  ])('%s in %j', (param, body) => {
    expect(read(body)).toMatchObject({ ok: false, problem: { kind: 'invalid-value', param } });
  });

  test('JSON that is none, and a model given twice', () => {
    expect(read('{"model":')).toMatchObject({ ok: false, problem: { kind: 'malformed-json' } });
    expect(read('{"model":"a","model":"b","input":"c"}')).toMatchObject({ ok: false, problem: { param: 'model' } });
  });

  test('answers in the background are refused in a sentence that says what to do', () => {
    expect(read({ ...BODY, background: true })).toMatchObject({
      ok: false,
      problem: { param: 'background', detail: expect.stringMatching(/not served here; leave it out/) as string },
    });
  });
});

describe('forwarding', () => {
  test('what needs no change is the same buffer', () => {
    const bytes = Buffer.from(JSON.stringify({ ...BODY, service_tier: 'flex' }));
    const result = RESPONSES_CODEC.read(bytes, {});
    expect(result.ok && result.forward('chat', 'flex') === bytes).toBe(true);
  });

  test('model and tier are written in, and all other bytes stay', () => {
    const result = read('{ "input" : "\\u00e9", "model":"chat" ,"service_tier":null}');
    expect(result.ok && result.forward('gpt-6-luna', 'priority').toString()).toBe(
      '{ "input" : "\\u00e9", "model":"gpt-6-luna" ,"service_tier":"priority"}',
    );
    expect(result.ok && result.forward('chat', null).toString()).toBe('{ "input" : "\\u00e9", "model":"chat" }');
  });

  /** An answer of another provider's model, as a client of this wire gets it. */
  function outputOf(...parts: AnswerPart[]): JsonObject[] {
    const answer = RESPONSES_CODEC.encodeAnswer(
      { choices: [{ parts, stop: 'end' }], usage: null },
      { id: '1', model: 'chat', created: 1, tierWord: () => 'default' },
      { includeUsage: true, inputTokens: 1, request: {} },
    );
    return answer['output'] as JsonObject[];
  }

  function forwarded(input: readonly object[]): unknown {
    const sent = request({ ...BODY, input }).forward('chat', null);
    return (JSON.parse(sent.toString()) as { input: unknown }).input;
  }

  test("another provider's state is taken out, and so are ids that OpenAI could not look up", () => {
    const [thought, words, call] = outputOf(
      { kind: 'reasoning', text: 'Hm.', state: { from: 'anthropic', form: 'signature', data: 's' } },
      { kind: 'text', text: 'a' },
      { kind: 'tool-call', id: 'call_1', name: 'f', input: '{}' },
    );
    const next = { role: 'user', content: 'b' };
    const { id: _, ...said } = words!;
    const { id: __, ...called } = call!;
    expect(forwarded([thought!, words!, call!, next])).toEqual([said, called, next]);
  });

  test('thoughts in the open are nothing to OpenAI, its own are kept whole', () => {
    const open = outputOf({ kind: 'reasoning', text: 'Hm.' });
    const its = outputOf({
      kind: 'reasoning',
      text: 'Hm.',
      state: { from: 'openai', form: 'encrypted', data: 'enc', id: 'rs_7' },
    });
    const unnamed = outputOf({
      kind: 'reasoning',
      text: '',
      state: { from: 'openai', form: 'encrypted', data: 'enc' },
    });
    const next = { role: 'user', content: 'b' };
    expect(forwarded([...open, ...its, ...unnamed, next])).toEqual([
      ...its,
      { type: 'reasoning', summary: [], encrypted_content: 'enc' },
      next,
    ]);
  });

  test('a text that only speaks of such ids is left alone', () => {
    const bytes = Buffer.from(
      JSON.stringify({ ...BODY, input: [{ role: 'user', content: 'what is msg_offpeak_1_0?' }] }),
    );
    const result = RESPONSES_CODEC.read(bytes, {});
    expect(result.ok && result.forward('chat', null) === bytes).toBe(true);
  });
});
