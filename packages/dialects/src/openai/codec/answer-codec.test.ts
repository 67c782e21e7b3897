import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalAnswer, Choice, StreamPart } from '../../canonical/answer.ts';
import { canonicalAnswer, streamOf, type AnswerCan } from '../../canonical/testing/answers.ts';
import { collect } from '../../canonical/testing/collect.ts';
import { Garbled } from '../../canonical/feature.ts';
import type { AnswerIdentity, StreamWish } from '../../codec.ts';
import { CODECS } from '../../codecs.ts';
import type { JsonObject } from '../accumulate.ts';

type Wire = 'openai' | 'groq';

const AS: AnswerIdentity = { id: 'x1', model: 'chat', created: 1_795_000_000, tierWord: () => 'flex' };
const WISH: StreamWish = { includeUsage: true, inputTokens: 1, request: {} };
const CAN: AnswerCan = {
  choicesMax: 3,
  refusals: true,
  thoughts: true,
  bareThoughts: true,
  states: ['anthropic', 'gemini', 'bedrock', 'openai'],
  callStates: ['gemini'],
  stops: ['end', 'length', 'filtered'],
  stopSequences: false,
  logprobs: true,
  logprobBytes: true,
  texts: false,
  cacheWrite: true,
  callId: (call) => `call_${call}`,
};
const GROQ_CAN: AnswerCan = { ...CAN, refusals: false };

/** The wire does not tell a refusal's end from another; that something was refused does. */
function withRefusals(answer: CanonicalAnswer): CanonicalAnswer {
  const choices = answer.choices.map((choice): Choice => {
    const declined = choice.stop === 'end' && choice.parts.some((part) => part.kind === 'refusal');
    return declined ? { ...choice, stop: 'refusal' } : choice;
  });
  return { ...answer, id: 'chatcmpl-x1', model: 'chat', tierWord: 'flex', choices };
}

function written(wire: Wire, parts: readonly StreamPart[], wish: StreamWish = WISH): string {
  const encoder = CODECS[wire].streamEncoder(AS, wish);
  return Buffer.concat([...parts.map((part) => encoder.write([part])), encoder.end()]).toString();
}

function read(wire: Wire, stream: Buffer, cuts: readonly number[] = []): StreamPart[] {
  const decoder = CODECS[wire].streamDecoder({});
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  const parts: StreamPart[] = [];
  let start = 0;
  for (const end of [...ends, stream.length]) {
    parts.push(...decoder.push(stream.subarray(start, end)));
    start = end;
  }
  return parts;
}

function chunks(stream: string): JsonObject[] {
  return stream
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)) as JsonObject);
}

describe.each<[Wire, AnswerCan]>([
  ['openai', CAN],
  ['groq', GROQ_CAN],
])('on the wire of %s', (wire, can) => {
  test('an answer comes back as it was', () => {
    fc.assert(
      fc.property(canonicalAnswer(can), (answer) => {
        const body = JSON.parse(JSON.stringify(CODECS[wire].encodeAnswer(answer, AS, WISH))) as JsonObject;
        expect(CODECS[wire].decodeAnswer(body, {})).toEqual(withRefusals(answer));
      }),
    );
  });

  test('so does a streamed one, and the whole made of its stream is the same', () => {
    fc.assert(
      fc.property(canonicalAnswer(can), fc.integer({ min: 1, max: 9 }), (answer, size) => {
        const stream = written(wire, streamOf(answer, size));
        expect(collect(read(wire, Buffer.from(stream)))).toEqual(withRefusals(answer));
      }),
    );
  });

  test('however it is cut, the parts are the same', () => {
    fc.assert(
      fc.property(canonicalAnswer(can), fc.array(fc.nat(), { maxLength: 30 }), (answer, cuts) => {
        const stream = Buffer.from(written(wire, streamOf(answer, 4)));
        expect(read(wire, stream, cuts)).toEqual(read(wire, stream));
      }),
      { numRuns: 50 },
    );
    const stream = Buffer.from(written(wire, streamOf(SPOKEN, 4)));
    const everywhere = Array.from({ length: stream.length }, (_, at) => at);
    expect(read(wire, stream, everywhere)).toEqual(read(wire, stream));
  });

  test('whatever comes, it is read or called garbled', () => {
    const members = fc.constantFrom(
      'choices',
      'usage',
      'error',
      'id',
      'delta',
      'message',
      'index',
      'x_groq',
      'tool_calls',
    );
    const inner = fc.dictionary(members, fc.jsonValue({ maxDepth: 3 }));
    const any = fc.dictionary(members, fc.oneof(fc.jsonValue(), inner, fc.array(inner)));
    fc.assert(
      fc.property(fc.array(any), fc.uint8Array(), (events, noise) => {
        const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
        for (const bytes of [Buffer.from(stream), Buffer.concat([Buffer.from(stream), noise, Buffer.from('\n\n')])]) {
          garbledOr(() => read(wire, bytes));
          garbledOr(() => CODECS[wire].streamWatcher({}).push(bytes));
        }
        for (const body of events) garbledOr(() => CODECS[wire].decodeAnswer(body, {}));
      }),
    );
  });

  test('a watcher sees what a decoder sees', () => {
    fc.assert(
      fc.property(canonicalAnswer(can), fc.array(fc.nat(), { maxLength: 9 }), (answer, cuts) => {
        const stream = Buffer.from(written(wire, streamOf(answer, 4)));
        const watcher = CODECS[wire].streamWatcher({});
        let start = 0;
        for (const end of [...cuts.map((cut) => cut % stream.length).sort((a, b) => a - b), stream.length]) {
          watcher.push(stream.subarray(start, end));
          start = end;
        }
        expect(watcher).toMatchObject({
          usage: answer.usage,
          tierWord: 'flex',
          failure: null,
          marked: true,
          whole: true,
        });
      }),
      { numRuns: 50 },
    );
  });
});

function garbledOr(step: () => unknown): void {
  try {
    step();
  } catch (error) {
    expect(error).toBeInstanceOf(Garbled);
  }
}

const SPOKEN: CanonicalAnswer = {
  choices: [
    {
      parts: [
        { kind: 'reasoning', text: 'Été?', state: { from: 'anthropic', form: 'signature', data: 's1' } },
        { kind: 'text', text: 'Die Donau 日本.' },
        {
          kind: 'tool-call',
          id: 'call_a',
          name: 'weather',
          input: '{"at":"Ulm"}',
          state: { from: 'gemini', form: 'thoughtSignature', data: 't1' },
        },
      ],
      stop: 'tool-calls',
    },
  ],
  usage: { input: 9, cachedInput: 4, output: 5, reasoning: 2, cacheWrite: 1 },
};

describe("OpenAI's form", () => {
  test('of an answer', () => {
    expect(CODECS.openai.encodeAnswer(SPOKEN, AS, WISH)).toEqual({
      id: 'chatcmpl-x1',
      object: 'chat.completion',
      created: 1_795_000_000,
      model: 'chat',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Die Donau 日本.',
            refusal: null,
            reasoning_content: 'Été?',
            offpeak_state: [
              { from: 'anthropic', form: 'signature', data: 's1', text: 'Été?' },
              { from: 'gemini', form: 'thoughtSignature', data: 't1', call: 'call_a' },
            ],
            tool_calls: [{ id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"at":"Ulm"}' } }],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 5,
        total_tokens: 14,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      service_tier: 'flex',
    });
  });

  test('of a stream: the role first, the tier in every chunk, usage only at the end', () => {
    const stream = written('openai', streamOf(SPOKEN, 100));
    const found = chunks(stream);
    expect(stream.endsWith('}\n\ndata: [DONE]\n\n')).toBe(true);
    expect(found.every((chunk) => chunk['service_tier'] === 'flex' && chunk['id'] === 'chatcmpl-x1')).toBe(true);
    const deltas = found.slice(0, -1).map((chunk) => (chunk['choices'] as { delta: object }[])[0]!.delta);
    expect(deltas).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'Été?' },
      { offpeak_state: [{ from: 'anthropic', form: 'signature', data: 's1', text: 'Été?' }] },
      { content: 'Die Donau 日本.' },
      {
        tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }],
        offpeak_state: [
          { from: 'anthropic', form: 'signature', data: 's1', text: 'Été?' },
          { from: 'gemini', form: 'thoughtSignature', data: 't1', call: 'call_a' },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"at":"Ulm"}' } }] },
      {},
    ]);
    expect(found.map((chunk) => chunk['usage'] === null)).toEqual([...Array<boolean>(7).fill(true), false]);
    expect(found.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 14 } });
  });

  test('usage is kept from a client that did not ask for it', () => {
    const found = chunks(written('openai', streamOf(SPOKEN, 100), { ...WISH, includeUsage: false }));
    expect(found).toHaveLength(7);
    expect(found.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  test('a tier that becomes known late is in the chunks from then on', () => {
    let word = 'auto';
    const encoder = CODECS.openai.streamEncoder({ ...AS, tierWord: () => word }, WISH);
    const text = (said: string): StreamPart => ({ kind: 'text', choice: 0, text: said });
    const before = encoder.write([{ kind: 'start' }, text('a')]).toString();
    word = 'flex';
    const after = encoder.write([text('b')]).toString() + encoder.end().toString();
    expect(chunks(before).map((chunk) => chunk['service_tier'])).toEqual(['auto', 'auto']);
    expect(chunks(after).map((chunk) => chunk['service_tier'])).toEqual(['flex']);
  });

  test('state that clients send back reaches the next request, and thoughts keep every character', () => {
    const body = CODECS.openai.encodeAnswer(SPOKEN, AS, WISH);
    const [{ message }] = body['choices'] as [{ message: JsonObject }];
    const next = CODECS.openai.decodeRequest({ model: 'm', messages: [message] }, {});
    const [thought, text, call] = SPOKEN.choices[0]!.parts;
    expect(next.messages).toEqual([{ role: 'assistant', parts: [thought, text, { ...call, input: { at: 'Ulm' } }] }]);
  });
});

describe("Groq's form", () => {
  test('usage comes with the last finish, and an id of its own with the first chunk', () => {
    const found = chunks(written('groq', streamOf(SPOKEN, 100), { ...WISH, includeUsage: false }));
    expect(found[0]).toMatchObject({ x_groq: { id: 'req_x1' } });
    expect(found.at(-1)).toMatchObject({
      choices: [{ delta: {}, finish_reason: 'tool_calls' }],
      x_groq: { id: 'req_x1', usage: { total_tokens: 14 } },
    });
  });

  test('a refusal is its text', () => {
    const parts = [{ kind: 'refusal' as const, text: 'No.' }];
    const body = CODECS.groq.encodeAnswer({ choices: [{ parts, stop: 'refusal' }], usage: null }, AS, WISH);
    expect(body).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'No.' }, finish_reason: 'stop' }],
    });
  });

  test('an error in its own place is one', () => {
    const stream = Buffer.from('data: {"choices":[],"x_groq":{"id":"r","error":"over capacity"}}\n\n');
    expect(read('groq', stream)).toEqual([{ kind: 'error', failure: { kind: 'failed', message: 'over capacity' } }]);
    const watcher = CODECS.groq.streamWatcher({});
    watcher.push(stream);
    expect(watcher.failure).toEqual({ kind: 'failed', message: 'over capacity' });
  });
});

function event(chunk: object): string {
  return `data: ${JSON.stringify({ id: 'c', model: 'm', ...chunk })}\n\n`;
}

function delta(content: object, more: object = {}): string {
  return event({ choices: [{ index: 0, delta: content, finish_reason: null, ...more }] });
}

describe('what engines send', () => {
  test('vLLM: role alone, both names of thoughts, a stop sequence, usage behind', () => {
    const stream = [
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning: 'Hm', reasoning_content: 'Hm' }),
      delta({ content: 'a' }),
      delta({ content: '' }, { finish_reason: 'stop', stop_reason: 'END' }),
      event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
      'data: [DONE]\n\n',
    ].join('');
    expect(read('openai', Buffer.from(stream))).toEqual([
      { kind: 'start', id: 'c', model: 'm' },
      { kind: 'reasoning', choice: 0, text: 'Hm' },
      { kind: 'text', choice: 0, text: 'a' },
      { kind: 'finish', choice: 0, stop: 'stop', stopSequence: 'END' },
      { kind: 'usage', usage: { input: 3, cachedInput: 0, output: 2, reasoning: 0 } },
      { kind: 'end' },
    ]);
  });

  test('calls whole in one chunk, all at index 0, with arguments as an object', () => {
    const call = (name: string, input: unknown): object => ({
      index: 0,
      id: `id_${name}`,
      function: { name, arguments: input },
    });
    const stream = delta({ tool_calls: [call('f', { x: 1 })] }) + delta({ tool_calls: [call('g', '{}')] });
    expect(read('openai', Buffer.from(stream)).slice(1)).toEqual([
      { kind: 'tool-start', choice: 0, call: 0, id: 'id_f', name: 'f' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{"x":1}' },
      { kind: 'tool-start', choice: 0, call: 1, id: 'id_g', name: 'g' },
      { kind: 'tool-input', choice: 0, call: 1, json: '{}' },
    ]);
  });

  test('a new id in every piece of one call, no id at all, and a finish that does not tell of calls', () => {
    const stream =
      delta({ tool_calls: [{ index: 0, id: 'r1', function: { name: 'f', arguments: '' } }] }) +
      delta({ tool_calls: [{ index: 0, id: 'r2', function: { arguments: '{}' } }] }) +
      delta({ tool_calls: [{ index: 1, function: { name: 'g', arguments: '{}' } }] }, { finish_reason: 'stop' });
    expect(read('openai', Buffer.from(stream)).slice(1)).toEqual([
      { kind: 'tool-start', choice: 0, call: 0, id: 'r1', name: 'f' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{}' },
      { kind: 'tool-start', choice: 0, call: 1, id: 'call_1', name: 'g' },
      { kind: 'tool-input', choice: 0, call: 1, json: '{}' },
      { kind: 'finish', choice: 0, stop: 'tool-calls' },
    ]);
  });

  test('pieces of two calls in turns', () => {
    const stream =
      delta({ tool_calls: [0, 1].map((index) => ({ index, id: `i${index}`, function: { name: 'f' } })) }) +
      delta({ tool_calls: [1, 0].map((index) => ({ index, function: { arguments: `{"at":${index}}` } })) });
    expect(read('openai', Buffer.from(stream)).slice(1)).toEqual([
      { kind: 'tool-start', choice: 0, call: 0, id: 'i0', name: 'f' },
      { kind: 'tool-start', choice: 0, call: 1, id: 'i1', name: 'f' },
      { kind: 'tool-input', choice: 0, call: 1, json: '{"at":1}' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{"at":0}' },
    ]);
  });

  test.each([
    ['no name', delta({ tool_calls: [{ index: 0, id: 'a', function: { arguments: '{' } }] })],
    ['no JSON', 'data: {oops\n\n'],
    ['no object', 'data: [1]\n\n'],
  ])('%s is garbled', (_, stream) => {
    expect(() => read('openai', Buffer.from(stream))).toThrow(Garbled);
  });

  test('an error in the stream, comments and empty events', () => {
    const error = {
      message: 'Flex capacity is not available.',
      type: 'resource_unavailable',
      code: 'flex_unavailable',
    };
    const stream = `: hello\n\ndata: \n\ndata: ${JSON.stringify({ error: { ...error, status: 429 } })}\n\n`;
    expect(read('openai', Buffer.from(stream))).toEqual([
      { kind: 'error', failure: { kind: 'no-capacity', message: error.message, code: 'flex_unavailable' } },
    ]);
  });

  test.each<[string, object, Partial<Choice>]>([
    [
      'text in parts',
      { content: [{ type: 'text', text: 'a' }, { text: 'b' }] },
      { parts: [{ kind: 'text', text: 'ab' }] },
    ],
    ['nothing at all', { content: null }, { parts: [], stop: 'end' }],
    [
      'a call without id and arguments',
      { tool_calls: [{ function: { name: 'f' } }] },
      { parts: [{ kind: 'tool-call', id: 'call_0', name: 'f', input: '{}' }], stop: 'tool-calls' },
    ],
  ])('an answer with %s', (_, message, choice) => {
    const body = { choices: [{ index: 0, message, finish_reason: 'stop' }] };
    expect(CODECS.openai.decodeAnswer(body, {}).choices[0]).toMatchObject(choice);
  });

  test('facts of an answer that passes as bytes', () => {
    const body = Buffer.from(JSON.stringify(CODECS.openai.encodeAnswer(SPOKEN, AS, WISH)));
    expect(CODECS.openai.answerFacts(body, {})).toEqual({ usage: SPOKEN.usage, tierWord: 'flex' });
    expect(CODECS.openai.answerFacts(Buffer.from('{"id":1}'), {})).toEqual({ usage: null, tierWord: undefined });
    expect(CODECS.openai.answerFacts(Buffer.from('<html>'), {})).toBeNull();
  });
});

test('an upstream that never runs out of choices is called garbled', () => {
  const decoder = CODECS.openai.streamDecoder({});
  const finish = (index: number): string => `data: {"choices":[{"index":${index},"finish_reason":"stop"}]}\n\n`;
  const told = Array.from({ length: 1_024 }, (_, index) => finish(index)).join('');
  expect(decoder.push(Buffer.from(told)).filter(({ kind }) => kind === 'finish')).toHaveLength(1_024);
  expect(decoder.push(Buffer.from(finish(7)))).toEqual([]);
  expect(() => decoder.push(Buffer.from(finish(1_024)))).toThrow(Garbled);
});
