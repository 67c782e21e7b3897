import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerPart, CanonicalAnswer, StreamPart } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import { canonicalAnswer, streamOf, type AnswerCan } from '../canonical/testing/answers.ts';
import { collect } from '../canonical/testing/collect.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { carriedBy } from './carried-state.ts';
import { BEDROCK_CODEC as CODEC } from './codec.ts';
import { BEDROCK } from './dialect.ts';
import { frameOf } from './event-stream/frame.ts';
import { eventHead, exceptionHead } from './event-stream/head.ts';
import { FrameReader } from './event-stream/reader.ts';

const AS: AnswerIdentity = { id: 'a', model: 'm', created: 1, tierWord: () => 'flex', elapsedMs: () => 420.4 };
const WISH: StreamWish = {
  includeUsage: true,
  inputTokens: 5,
  request: { additionalModelResponseFieldPaths: ['/stop_sequence'] },
};

const CAN: AnswerCan = {
  choicesMax: 1,
  refusals: false,
  thoughts: true,
  bareThoughts: true,
  states: ['bedrock'],
  callStates: [],
  stops: ['end', 'stop', 'length', 'filtered'],
  stopSequences: true,
  logprobs: false,
  logprobBytes: false,
  texts: false,
  cacheWrite: true,
  callId: (call) => `tooluse_${call}`,
};

/** Thoughts are not counted apart, and the tier is the writer's. */
function told(answer: CanonicalAnswer): CanonicalAnswer {
  const usage = answer.usage === null ? null : { ...answer.usage, reasoning: 0 };
  return { ...answer, usage, tierWord: 'flex' };
}

function written(parts: readonly StreamPart[], wish: StreamWish = WISH): Buffer {
  const encoder = CODEC.streamEncoder(AS, wish);
  return Buffer.concat([...parts.map((part) => encoder.write([part])), encoder.end()]);
}

function decoded(bytes: Buffer, cuts: readonly number[] = []): StreamPart[] {
  const decoder = CODEC.streamDecoder({});
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  return ends.flatMap((end) => {
    const parts = decoder.push(bytes.subarray(start, end));
    start = end;
    return parts;
  });
}

function events(bytes: Buffer): [string, unknown][] {
  return new FrameReader().push(bytes).map(({ kind, payload }) => [kind.name, JSON.parse(payload.toString())]);
}

function one(...parts: AnswerPart[]): CanonicalAnswer {
  return { choices: [{ parts, stop: 'end' }], usage: null };
}

describe('whole answers', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(canonicalAnswer({ ...CAN, texts: true }), (answer) => {
        const body = JSON.parse(JSON.stringify(CODEC.encodeAnswer(answer, AS, WISH))) as JsonObject;
        expect(CODEC.decodeAnswer(body, {})).toEqual(told(answer));
        expect(CODEC.answerFacts(Buffer.from(JSON.stringify(body)), {})).toEqual({
          usage: told(answer).usage,
          tierWord: 'flex',
        });
      }),
    );
  });

  test('as Bedrock writes them', () => {
    const usage = { input: 19, cachedInput: 4, cacheWrite: 6, output: 2, reasoning: 1 };
    const answer: CanonicalAnswer = {
      choices: [
        {
          parts: [
            { kind: 'reasoning', text: 'Hm', state: { from: 'bedrock', form: 'signature', data: 'c2ln' } },
            { kind: 'refusal', text: 'No.' },
            { kind: 'text', text: '' },
            { kind: 'tool-call', id: 't1', name: 'weather', input: '{"city":"Ulm"}' },
            { kind: 'tool-call', id: 't2', name: 'weather', input: '{"city":' },
            { kind: 'tool-call', id: 't3', name: 'weather', input: '' },
          ],
          stop: 'tool-calls',
        },
      ],
      usage,
    };
    const body = CODEC.encodeAnswer(answer, AS, WISH);
    expect(body).toEqual({
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: 'c2ln' } } },
            { text: 'No.' },
            { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Ulm' } } },
            { toolUse: { toolUseId: 't2', name: 'weather', input: '{"city":' } },
            { toolUse: { toolUseId: 't3', name: 'weather', input: {} } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: {
        inputTokens: 9,
        outputTokens: 2,
        totalTokens: 21,
        cacheReadInputTokens: 4,
        cacheWriteInputTokens: 6,
      },
      metrics: { latencyMs: 420 },
      serviceTier: { type: 'flex' },
    });
    expect(CODEC.decodeAnswer(body, {}).choices[0]!.parts.at(-2)).toMatchObject({ input: '{"city":' });
  });

  test('the stop sequence is told to who asked for it', () => {
    const answer: CanonicalAnswer = { choices: [{ parts: [], stop: 'stop', stopSequence: 'END' }], usage: null };
    expect(CODEC.encodeAnswer(answer, AS, WISH)).toMatchObject({
      stopReason: 'stop_sequence',
      additionalModelResponseFields: { stop_sequence: 'END' },
    });
    const silent = CODEC.encodeAnswer(answer, AS, { ...WISH, request: {} });
    expect(silent).not.toHaveProperty('additionalModelResponseFields');
    expect(silent).not.toHaveProperty('usage');
  });

  test.each<[string, string]>([
    ['guardrail_intervened', 'filtered'],
    ['content_filtered', 'filtered'],
    ['model_context_window_exceeded', 'length'],
    ['malformed_model_output', 'end'],
    ['something_new', 'end'],
  ])('%s means %s', (stopReason, stop) => {
    const body = { output: { message: { content: [{ text: 'a' }] } }, stopReason };
    expect(CODEC.decodeAnswer(body, { 'x-amzn-bedrock-service-tier': 'priority' })).toEqual({
      choices: [{ parts: [{ kind: 'text', text: 'a' }], stop }],
      usage: null,
      tierWord: 'priority',
    });
  });

  test('what was cited is text', () => {
    const content = [{ citationsContent: { content: [{ text: 'The ' }, { text: 'Rhine' }], citations: [{}] } }];
    const body = { output: { message: { content } }, stopReason: 'end_turn' };
    expect(CODEC.decodeAnswer(body, {}).choices[0]!.parts).toEqual([{ kind: 'text', text: 'The Rhine' }]);
  });

  test.each<JsonObject>([
    {},
    { output: { message: {} } },
    { output: { message: { content: ['a'] } } },
    { output: { message: { content: [{ image: {} }] } } },
    { output: { message: { content: [{ toolUse: { name: 'a' } }] } } },
  ])('%j is none', (body) => {
    expect(() => CODEC.decodeAnswer(body, {})).toThrow(Garbled);
  });

  test.each(['', '<html>', '[]', '{"usage":{}}', '{"output":1'])('nor is %j', (body) => {
    expect(CODEC.answerFacts(Buffer.from(body), {})).toBeNull();
  });
});

describe('state of other providers', () => {
  const state = { from: 'gemini', form: 'thoughtSignature', data: 'Zz' } as const;

  test('goes to the client as a signature and is handed back in the history', () => {
    const { output } = CODEC.encodeAnswer(
      one(
        { kind: 'reasoning', text: 'Hm', state: { from: 'anthropic', form: 'redacted', data: 'cmVk' } },
        { kind: 'tool-call', id: 't1', name: 'weather', input: '{}', state },
      ),
      AS,
      WISH,
    );
    const { message } = output as { message: JsonObject };
    const history = { messages: [{ role: 'user', content: [{ text: 'a' }] }, message] };
    expect(CODEC.decodeRequest(history, {}).messages[1]!.parts).toEqual([
      { kind: 'reasoning', text: 'Hm', state: { from: 'anthropic', form: 'redacted', data: 'cmVk' } },
      { kind: 'tool-call', id: 't1', name: 'weather', input: {}, state },
    ]);
  });

  test('in a stream stands before the call', () => {
    const stream = streamOf(one({ kind: 'tool-call', id: 't1', name: 'weather', input: '{}', state }), 20);
    const told = events(written(stream));
    expect(told.map(([name]) => name)).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockStop',
      'contentBlockStart',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    const { delta } = told[1]![1] as { delta: { reasoningContent: { signature: string } } };
    expect(carriedBy(delta.reasoningContent.signature)).toEqual({ state, call: 't1' });
  });
});

describe('streams', () => {
  test('come back as they were, in pieces and however the bytes are cut', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), fc.integer({ min: 1, max: 9 }), fc.array(fc.nat()), (answer, size, cuts) => {
        const parts = decoded(written(streamOf(answer, size)), cuts);
        expect(collect(parts)).toEqual(told(answer));
        expect([parts[0]!.kind, parts.at(-1)!.kind]).toEqual(['start', 'end']);
      }),
    );
  });

  test('are the same at every cut', () => {
    const parts = one(
      { kind: 'reasoning', text: 'Hm', state: { from: 'bedrock', form: 'signature', data: 'c2ln' } },
      { kind: 'text', text: 'Grüße 🌊' },
      { kind: 'tool-call', id: 't1', name: 'weather', input: '{"a":1}' },
    );
    const bytes = written(streamOf(parts, 3));
    const whole = decoded(bytes);
    for (let cut = 1; cut < bytes.length; cut += 1) expect(decoded(bytes, [cut])).toEqual(whole);
  });

  test('as Bedrock writes them', () => {
    const usage = { input: 9, cachedInput: 0, output: 2, reasoning: 0 };
    const told = events(
      written([
        { kind: 'start' },
        { kind: 'reasoning', choice: 0, text: 'Hm' },
        { kind: 'reasoning-state', choice: 0, state: { from: 'bedrock', form: 'signature', data: 'c2ln' } },
        { kind: 'text', choice: 0, text: 'Rh' },
        { kind: 'text', choice: 0, text: '' },
        { kind: 'refusal', choice: 0, text: 'ine' },
        { kind: 'tool-start', choice: 0, call: 0, id: 't1', name: 'weather' },
        { kind: 'tool-input', choice: 0, call: 0, json: '{}' },
        { kind: 'finish', choice: 0, stop: 'stop', stopSequence: 'END' },
        { kind: 'usage', usage },
        { kind: 'end' },
      ]),
    );
    const delta = (contentBlockIndex: number, value: object): [string, object] => [
      'contentBlockDelta',
      { contentBlockIndex, delta: value },
    ];
    const stop = (contentBlockIndex: number): [string, object] => ['contentBlockStop', { contentBlockIndex }];
    expect(told).toEqual([
      ['messageStart', { role: 'assistant' }],
      delta(0, { reasoningContent: { text: 'Hm' } }),
      delta(0, { reasoningContent: { signature: 'c2ln' } }),
      stop(0),
      delta(1, { text: 'Rh' }),
      delta(1, { text: 'ine' }),
      stop(1),
      ['contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 't1', name: 'weather' } } }],
      delta(2, { toolUse: { input: '{}' } }),
      stop(2),
      ['messageStop', { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }],
      [
        'metadata',
        {
          usage: {
            inputTokens: 9,
            outputTokens: 2,
            totalTokens: 11,
            cacheReadInputTokens: 0,
            cacheWriteInputTokens: 0,
          },
          metrics: { latencyMs: 420 },
          serviceTier: { type: 'flex' },
        },
      ],
    ]);
  });

  test('a signature in pieces is one, and signs of life say nothing', () => {
    const delta = (value: object): Buffer =>
      frameOf(eventHead('contentBlockDelta'), JSON.stringify({ contentBlockIndex: 0, delta: value }));
    const bytes = Buffer.concat([
      BEDROCK.streams.heartbeat,
      delta({ reasoningContent: { signature: 'c2' } }),
      BEDROCK.streams.heartbeat,
      delta({ reasoningContent: { signature: 'ln' } }),
      delta({ citation: { title: 'a' } }),
      frameOf(eventHead('contentBlockStop'), '{}'),
    ]);
    expect(decoded(bytes)).toEqual([
      { kind: 'reasoning-state', choice: 0, state: { from: 'bedrock', form: 'signature', data: 'c2ln' } },
    ]);
  });

  test.each<[string, string]>([
    ['contentBlockDelta', '{'],
    ['contentBlockDelta', '[]'],
    ['contentBlockDelta', '{}'],
    ['contentBlockDelta', '{"delta":{"image":{}}}'],
    ['contentBlockDelta', '{"delta":{"toolUse":{"input":"{}"}}}'],
    ['contentBlockDelta', '{"delta":{"toolUse":{"input":{}}}}'],
    ['contentBlockStart', '{"start":{"toolUse":{"name":"a"}}}'],
    ['messageStop', 'null'],
  ])('%s %s is garbled', (name, payload) => {
    expect(() => decoded(frameOf(eventHead(name), payload))).toThrow(Garbled);
  });

  test('any payload at all has parts or is garbled', () => {
    const name = fc.constantFrom('contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata', 'x');
    const payload = fc.oneof(fc.json(), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, payload), { maxLength: 4 }), (list) => {
        const bytes = Buffer.concat(list.map(([event, text]) => frameOf(eventHead(event), text)));
        try {
          decoded(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Garbled);
        }
      }),
    );
  });
});

describe('watching a stream that is forwarded', () => {
  const answer: CanonicalAnswer = {
    choices: [{ parts: [{ kind: 'text', text: 'abcdef' }], stop: 'end' }],
    usage: { input: 9, cachedInput: 4, output: 2, reasoning: 0 },
  };

  test('tells count, tier and end, at every cut', () => {
    const bytes = written(streamOf(answer, 2));
    for (let cut = 0; cut < bytes.length; cut += 7) {
      const watcher = CODEC.streamWatcher({});
      watcher.push(bytes.subarray(0, cut));
      watcher.push(bytes.subarray(cut));
      const { tokens, usage, tierWord, failure, marked, whole } = watcher;
      expect({ tokens, usage, tierWord, failure, marked, whole }).toEqual({
        tokens: 3,
        usage: answer.usage,
        tierWord: 'flex',
        failure: null,
        marked: true,
        whole: true,
      });
    }
  });

  test('an answer that stopped is whole without its count', () => {
    const watcher = CODEC.streamWatcher({});
    const encoder = CODEC.streamEncoder(AS, WISH);
    watcher.push(encoder.write(streamOf(answer, 2).slice(0, -3)));
    expect([watcher.whole, watcher.marked]).toEqual([false, false]);
    watcher.push(encoder.write([{ kind: 'finish', choice: 0, stop: 'end' }]));
    expect([watcher.whole, watcher.marked]).toEqual([true, false]);
  });

  test('tells failures, and what is no stream', () => {
    const failed = frameOf(exceptionHead('throttlingException'), '{"message":"Too many tokens"}');
    const watcher = CODEC.streamWatcher({});
    watcher.push(failed);
    const failure = { kind: 'limited', code: 'ThrottlingException', message: 'Too many tokens' };
    expect(watcher.failure).toEqual(failure);
    expect(decoded(failed)).toEqual([{ kind: 'error', failure }]);
    expect(() => {
      watcher.push(Buffer.from('data: {"choices":[]}\n\n'));
    }).toThrow(Garbled);
  });
});

describe('failures', () => {
  const none = Buffer.alloc(0);
  test.each<[number, Record<string, string>, string, object]>([
    [
      429,
      { 'x-amzn-errortype': 'ThrottlingException:http://x/' },
      '{"message":"slow"}',
      { kind: 'limited', code: 'ThrottlingException', message: 'slow' },
    ],
    [429, {}, '{"message":"Too many tokens per day, please wait."}', { kind: 'exhausted' }],
    [
      503,
      {},
      '{"__type":"com.amazon.x#ServiceUnavailableException","Message":"full"}',
      { kind: 'no-capacity', message: 'full' },
    ],
    [429, { 'x-amzn-errortype': 'ModelNotReadyException' }, '{}', { kind: 'no-capacity' }],
    [400, { 'x-amzn-errortype': 'ServiceQuotaExceededException' }, '{}', { kind: 'exhausted' }],
    [400, { 'x-amzn-errortype': 'ValidationException' }, '{"message":"bad"}', { kind: 'rejected', message: 'bad' }],
    [
      400,
      { 'x-amzn-errortype': 'ValidationException' },
      '{"message":"The provided model identifier is invalid."}',
      { kind: 'not-found' },
    ],
    [403, { 'x-amzn-errortype': 'AccessDeniedException' }, '{}', { kind: 'credentials' }],
    [404, { 'x-amzn-errortype': 'ResourceNotFoundException' }, '{}', { kind: 'not-found' }],
    [408, { 'x-amzn-errortype': 'ModelTimeoutException' }, '{}', { kind: 'failed' }],
    [424, { 'x-amzn-errortype': 'ModelErrorException' }, '{}', { kind: 'failed' }],
    [500, {}, '', { kind: 'failed', message: 'it answered with status 500' }],
    [502, {}, '<html>Bad Gateway</html>', { kind: 'failed' }],
    [403, { 'x-amzn-errortype': 'SomethingNew' }, '{}', { kind: 'credentials', code: 'SomethingNew' }],
    [413, {}, '[]', { kind: 'rejected' }],
    [429, { 'x-amz-retry-after': '1500' }, '', { kind: 'limited', retryAfterMs: 1_500 }],
    [503, { 'retry-after': '2' }, '', { kind: 'failed', retryAfterMs: 2_000 }],
  ])('%i %j %s', (status, headers, body, failure) => {
    expect(CODEC.readFailure(status, headers, body === '' ? none : Buffer.from(body))).toMatchObject(failure);
  });

  test('long sentences are cut', () => {
    const body = Buffer.from(JSON.stringify({ message: 'x'.repeat(9_000) }));
    expect(CODEC.readFailure(400, {}, body).message.length).toBeLessThan(2_100);
  });
});

test('tiers as they are asked for and told', () => {
  expect((['priority', 'standard', 'flex', 'batch'] as const).map(CODEC.askWord)).toEqual([
    'priority',
    'default',
    'flex',
    null,
  ]);
  expect(['default', 'reserved', 'priority', 'flex', 'x', undefined].map(CODEC.servedTier)).toEqual([
    'standard',
    'standard',
    'priority',
    'flex',
    undefined,
    undefined,
  ]);
  expect(CODEC.paramOf('top-k')).toBe('additionalModelRequestFields.top_k');
  expect(CODEC.readLimits({}, 0)).toBeNull();
});
