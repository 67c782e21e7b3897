import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerTooLarge, collectedCharsMax, StreamCollector, usageOverRuns } from './collect.ts';

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_795_000_000, model: 'sim-8b' };

function chunk(delta: object, more: object = {}, head: object = HEAD): object {
  return { ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }], usage: null };
}

function collected(chunks: readonly object[], operation: 'chat' | 'completions' = 'chat'): StreamCollector {
  const collector = new StreamCollector(operation);
  for (const entry of chunks) collector.add(entry);
  return collector;
}

const ROLE = chunk({ role: 'assistant', content: '' });
const STOP = chunk({}, { finish_reason: 'stop' });
const USAGE = {
  ...HEAD,
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } },
};

describe('a chat answer', () => {
  test('of text', () => {
    const collector = collected([ROLE, chunk({ content: 'The ' }), chunk({ content: 'Rhine' }), STOP, USAGE]);
    expect(collector).toMatchObject({ tokens: 2, finished: true, error: null, continuable: true });
    expect(collector.emittedText()).toBe('The Rhine');
    expect(collector.usage).toEqual({ input: 9, cachedInput: 4, output: 3, reasoning: 0 });
    expect(collector.build('flex', collector.usage)).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_795_000_000,
      model: 'sim-8b',
      service_tier: 'flex',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'The Rhine', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 3,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test('is the same text however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 30 }), (texts) => {
        const collector = collected(texts.map((content) => chunk({ content })));
        expect(collector.emittedText()).toBe(texts.join(''));
        expect(collector.tokens).toBe(texts.filter((text) => text !== '').length);
      }),
    );
  });

  test('of tool calls', () => {
    const call = (index: number, part: object): object => chunk({ tool_calls: [{ index, ...part }] });
    const collector = collected([
      ROLE,
      call(0, { id: 'call-a', type: 'function', function: { name: 'river', arguments: '' } }),
      call(0, { function: { arguments: '{"name":' } }),
      call(1, { id: 'call-b', type: 'function', function: { name: 'lake', arguments: '{' } }),
      call(0, { function: { arguments: '"Rhine"}' } }),
      call(1, { id: 'call-b', type: 'function', function: { name: 'lake', arguments: '}' } }),
      chunk({}, { finish_reason: 'tool_calls' }),
    ]);
    expect(collector.continuable).toBe(false);
    expect(collector.build('flex', null)['choices']).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [
            { id: 'call-a', type: 'function', function: { name: 'river', arguments: '{"name":"Rhine"}' } },
            { id: 'call-b', type: 'function', function: { name: 'lake', arguments: '{}' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
  });

  test('of tool calls without an index keeps each', () => {
    const whole = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
    const collector = collected([chunk({ tool_calls: [whole('a'), whole('b')] }), STOP]);
    expect(collector.build('flex', null)).toMatchObject({
      choices: [{ message: { tool_calls: [whole('a'), whole('b')] } }],
    });
  });

  test('of a function call in the old form', () => {
    const collector = collected([
      chunk({ role: 'assistant', content: null, function_call: { name: 'river', arguments: '' } }),
      chunk({ function_call: { arguments: '{"a"' } }),
      chunk({ function_call: { arguments: ':1}' } }),
    ]);
    expect(collector.build('flex', null)).toMatchObject({
      choices: [{ message: { content: null, function_call: { name: 'river', arguments: '{"a":1}' } } }],
    });
  });

  test.each([
    ['reasoning_content', 'reasoning_content'],
    ['reasoning', 'reasoning'],
    ['refusal', 'refusal'],
  ])('with %s keeps it apart and cannot be continued', (_what, name) => {
    const collector = collected([
      ROLE,
      chunk({ [name]: 'hm' }),
      chunk({ [name]: 'mm' }),
      chunk({ content: 'ok' }),
      STOP,
    ]);
    expect(collector.continuable).toBe(false);
    expect(collector.tokens).toBe(3);
    expect(collector.build('flex', null)).toMatchObject({ choices: [{ message: { content: 'ok', [name]: 'hmmm' } }] });
  });

  test('with several choices puts each in its place', () => {
    const second = (content: string): object => chunk({ content }, { index: 1 });
    const collector = collected([second('b'), chunk({ content: 'a' }), second('d'), chunk({ content: 'c' })]);
    expect(collector.continuable).toBe(false);
    expect(collector.build('flex', null)).toMatchObject({
      choices: [
        { index: 0, message: { content: 'ac' } },
        { index: 1, message: { content: 'bd' } },
      ],
    });
  });

  test('with log probabilities keeps all of them', () => {
    const entry = (token: string): object => ({ token, logprob: -0.5, bytes: null, top_logprobs: [] });
    const part = (token: string): object =>
      chunk({ content: token }, { logprobs: { content: [entry(token)], refusal: null } });
    expect(collected([part('a'), part('b')]).build('flex', null)).toMatchObject({
      choices: [{ logprobs: { content: [entry('a'), entry('b')], refusal: null } }],
    });
  });

  test("keeps an engine's own additions", () => {
    const collector = collected([
      { ...(ROLE as object), system_fingerprint: 'fp', kv_hint: { a: 1 } },
      chunk({ content: 'x', annotations: [{ n: 1 }] }, { stop_reason: null }),
      chunk({ annotations: [{ n: 2 }] }, { finish_reason: 'stop', stop_reason: '</s>' }),
    ]);
    expect(collector.build('flex', null)).toMatchObject({
      system_fingerprint: 'fp',
      kv_hint: { a: 1 },
      choices: [{ message: { annotations: [{ n: 1 }, { n: 2 }] }, stop_reason: '</s>' }],
    });
  });

  test('that is empty is an empty text', () => {
    expect(collected([STOP]).build('flex', null)).toMatchObject({
      choices: [{ message: { role: 'assistant', content: '' }, finish_reason: 'stop' }],
    });
  });
});

test('a legacy completion', () => {
  const part = (text: string, finish: string | null = null): object => ({
    id: 'cmpl-1',
    object: 'text_completion',
    model: 'm',
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
  });
  const collector = collected([part('Once'), part(' upon'), part('', 'length')], 'completions');
  expect(collector).toMatchObject({ tokens: 2, finished: true, continuable: true });
  expect(collector.emittedText()).toBe('Once upon');
  expect(collector.build('default', null)).toEqual({
    id: 'cmpl-1',
    object: 'text_completion',
    model: 'm',
    service_tier: 'default',
    choices: [{ index: 0, text: 'Once upon', logprobs: null, finish_reason: 'length' }],
  });
});

describe('several runs', () => {
  const other = { ...HEAD, id: 'chatcmpl-2', created: 1_795_000_099 };

  test('grow one answer with the identity of the first', () => {
    const collector = collected([ROLE, chunk({ content: 'The ' })]);
    collector.nextRun();
    collector.add(chunk({ role: 'assistant', content: '' }, {}, other));
    collector.add(chunk({ content: 'Rhine' }, { finish_reason: 'stop' }, other));
    expect(collector.build('flex', null)).toMatchObject({
      id: 'chatcmpl-1',
      created: 1_795_000_000,
      choices: [{ message: { role: 'assistant', content: 'The Rhine' } }],
    });
    expect(collector.tokens).toBe(2);
  });

  test('that start again forget', () => {
    const collector = collected([ROLE, chunk({ tool_calls: [{ index: 0, id: 'a' }] })]);
    collector.restart();
    expect(collector).toMatchObject({ tokens: 0, continuable: true });
    collector.add(chunk({ content: 'Elbe' }, {}, other));
    expect(collector.emittedText()).toBe('Elbe');
    expect(collector.build('flex', null)['id']).toBe('chatcmpl-2');
  });

  test('count the prompt once and every token once', () => {
    const last = { input: 120, cachedInput: 112, output: 30, reasoning: 0 };
    expect(usageOverRuns(last, 20)).toEqual({ input: 100, cachedInput: 100, output: 50, reasoning: 0 });
    expect(usageOverRuns(last, 0)).toEqual(last);
    expect(usageOverRuns({ ...last, input: 5 }, 20).input).toBe(0);
  });
});

describe('an engine that misbehaves', () => {
  test('inside its stream is heard', () => {
    const collector = collected([ROLE, { error: { message: 'out of memory', code: 500 } }]);
    expect(collector.error).toEqual({ message: 'out of memory', code: 500 });
  });

  test.each([null, 5, 'text', [], true])('%j is no chunk', (value) => {
    expect(() => {
      new StreamCollector('chat').add(value);
    }).toThrow('not an object');
  });

  test.each([
    { choices: null },
    { choices: [null, 5, [], {}] },
    { choices: [{ index: 'x', delta: 'text' }] },
    { choices: [{ delta: { content: 5, tool_calls: 'x', role: {} } }] },
    { choices: [{ delta: { tool_calls: [null, { index: 1e9 }, { index: 1e9, function: 'f' }] } }] },
    { usage: { prompt_tokens: -1 } },
    JSON.parse('{"choices":[{"__proto__":{"x":1},"delta":{"__proto__":{"y":2}}}],"__proto__":{"z":3}}') as object,
  ])('%j does no harm', (garbage) => {
    const collector = collected([garbage, chunk({ content: 'ok' }), garbage, STOP]);
    expect(JSON.parse(JSON.stringify(collector.build('flex', null)))).toMatchObject({ service_tier: 'flex' });
    expect(({} as Record<string, unknown>)['y']).toBeUndefined();
  });

  test('cannot nest its way through the stack', () => {
    const deep = (levels: number): object => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as object;
    expect(collected([chunk(deep(500)), chunk(deep(500))]).continuable).toBe(false);
    expect(() => collected([chunk(deep(200_000))])).toThrow(RangeError);
  });

  test('that never stops is cut', () => {
    const collector = new StreamCollector('chat');
    const piece = 'x'.repeat(4 * 1024 * 1024);
    expect(() => {
      for (let sent = 0; sent <= collectedCharsMax; sent += piece.length) collector.add(chunk({ content: piece }));
    }).toThrow(AnswerTooLarge);
  });

  test('that sends ever new members or choices is cut', () => {
    const big = 'x'.repeat(4 * 1024 * 1024);
    const members = new StreamCollector('chat');
    expect(() => {
      for (let i = 0; i < 20; i += 1) members.add({ ...HEAD, [`m${i}`]: big });
    }).toThrow(AnswerTooLarge);
    const calls = new StreamCollector('chat');
    expect(() => {
      for (let i = 0; i < 20; i += 1) calls.add(chunk({ tool_calls: [{ index: i, id: big }] }));
    }).toThrow(AnswerTooLarge);
  });
});

test('an answer of several choices has finished when all of them have, in the run of now', () => {
  const collector = new StreamCollector('chat', 2);
  const finish = (index: number): object => ({ choices: [{ index, delta: {}, finish_reason: 'stop' }] });
  collector.add(finish(0));
  expect(collector.finished).toBe(false);
  collector.add(finish(1));
  expect(collector.finished).toBe(true);
  collector.nextRun();
  expect(collector.finished).toBe(false);
});
