import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamPart } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import { canonicalAnswer, streamOf, type AnswerCan } from '../canonical/testing/answers.ts';
import { collect } from '../canonical/testing/collect.ts';
import type { AnswerIdentity } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { EVENT_BYTES_MAX, FORWARDED_EVENT_BYTES_MAX } from '../sse/reader.ts';
import { decodeGeminiAnswer } from './answer-decode.ts';
import { encodeGeminiAnswer } from './answer-encode.ts';
import { GeminiStreamDecoder } from './stream-decode.ts';
import { MADE_ELSEWHERE } from './signature.ts';
import { GeminiStreamEncoder } from './stream-encode.ts';
import { GeminiStreamWatcher } from './stream-watch.ts';

const CAN: AnswerCan = {
  choicesMax: 2,
  refusals: false,
  thoughts: true,
  bareThoughts: true,
  states: ['openai', 'gemini', 'anthropic', 'bedrock'],
  callStates: ['gemini', 'anthropic'],
  stops: ['end', 'length', 'filtered'],
  stopSequences: false,
  logprobs: true,
  logprobBytes: false,
  texts: false,
  cacheWrite: false,
  callId: (call) => `call_${call}`,
};

const AS: AnswerIdentity = { id: 'r1', model: 'mine', created: 0, tierWord: () => 'flex' };

function encode(parts: readonly StreamPart[]): Buffer {
  const encoder = new GeminiStreamEncoder(AS);
  return Buffer.concat([...parts.map((part) => encoder.write([part])), encoder.end()]);
}

function decode(bytes: Buffer, cuts: readonly number[] = []): StreamPart[] {
  const decoder = new GeminiStreamDecoder({});
  const parts: StreamPart[] = [];
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    parts.push(...decoder.push(bytes.subarray(start, cut)));
    start = cut;
  }
  return parts;
}

function watch(bytes: Buffer, size: number = bytes.length): GeminiStreamWatcher {
  const watcher = new GeminiStreamWatcher({});
  for (let at = 0; at < bytes.length; at += size) watcher.push(bytes.subarray(at, at + size));
  return watcher;
}

function chunks(bytes: Buffer): JsonObject[] {
  const blocks = bytes.toString().split('\n\n');
  expect(blocks.pop()).toBe('');
  return blocks.map((block) => {
    // The SDK drops a block that begins otherwise.
    expect(block.startsWith('data: {')).toBe(true);
    return JSON.parse(block.slice('data: '.length)) as JsonObject;
  });
}

/** As Google writes it: CRLF, spaces after colons, counts in every chunk. */
function sse(...events: readonly object[]): Buffer {
  return Buffer.from(events.map((event) => `data: ${JSON.stringify(event).replaceAll('":', '": ')}\r\n\r\n`).join(''));
}

function chunk(parts: readonly object[], more: JsonObject = {}, candidatesTokenCount: number = 1): JsonObject {
  return {
    candidates: [{ content: { parts, role: 'model' }, ...more, index: 0 }],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount, totalTokenCount: 9, serviceTier: 'flex' },
    modelVersion: 'gemini-3.8-flash',
    responseId: 'r9',
  };
}

test('an answer that is streamed is the answer in one piece', () => {
  fc.assert(
    fc.property(canonicalAnswer(CAN), fc.integer({ min: 1, max: 30 }), (answer, size) => {
      const streamed = collect(decode(encode(streamOf(answer, size))));
      expect(streamed).toEqual({ ...answer, id: 'r1', model: 'mine', tierWord: 'flex' });
      expect(streamed).toEqual(decodeGeminiAnswer(JSON.parse(JSON.stringify(encodeGeminiAnswer(answer, AS))), {}));
    }),
    { numRuns: 300 },
  );
});

test('bytes may be cut anywhere', () => {
  const text = chunk([{ text: 'Grüße 🌧' }]);
  const call = chunk(
    [{ functionCall: { name: 'f', args: { a: [1] } }, thoughtSignature: 'c2ln' }],
    { finishReason: 'STOP' },
    9,
  );
  const bytes = Buffer.concat([Buffer.from(': keep-alive\n\n'), sse(text, call)]);
  const whole = decode(bytes);
  expect(whole.map((part) => part.kind)).toEqual(['start', 'text', 'tool-start', 'tool-input', 'finish', 'usage']);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    expect(decode(bytes, [cut])).toEqual(whole);
    const watcher = new GeminiStreamWatcher({});
    watcher.push(bytes.subarray(0, cut));
    watcher.push(bytes.subarray(cut));
    expect(watcher).toMatchObject({ whole: true, tokens: 9, tierWord: 'flex' });
  }
});

describe('a stream of Gemini', () => {
  test('is read part by part', () => {
    const parts = decode(
      sse(
        chunk([{ text: 'Hm. ', thought: true }]),
        chunk([{ text: 'Hel' }], {}, 2),
        chunk([{ text: 'lo', thoughtSignature: 'c2ln' }], {}, 3),
        chunk([{ functionCall: { name: 'f', args: {} } }], {}, 4),
        chunk([{ text: '' }], { finishReason: 'STOP' }, 5),
      ),
    );
    const usage = { input: 7, cachedInput: 0, output: 1, reasoning: 0 };
    expect(parts).toEqual([
      { kind: 'start', id: 'r9', model: 'gemini-3.8-flash', usage, tierWord: 'flex' },
      { kind: 'reasoning', choice: 0, text: 'Hm. ' },
      { kind: 'text', choice: 0, text: 'Hel' },
      { kind: 'text', choice: 0, text: 'lo' },
      { kind: 'reasoning-state', choice: 0, state: { from: 'gemini', form: 'thoughtSignature', data: 'c2ln' } },
      { kind: 'tool-start', choice: 0, call: 0, id: 'call_r9_0', name: 'f' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{}' },
      { kind: 'finish', choice: 0, stop: 'tool-calls' },
      { kind: 'usage', usage: { ...usage, output: 5 }, tierWord: 'flex' },
    ]);
  });

  test('may tell its usage after the finish, and its tier in a header', () => {
    const { usageMetadata, ...last } = chunk([], { finishReason: 'MAX_TOKENS' });
    const decoder = new GeminiStreamDecoder({ 'x-gemini-service-tier': 'priority' });
    const { serviceTier: _, ...counts } = usageMetadata as JsonObject;
    expect(decoder.push(sse(last, { usageMetadata: counts }))).toMatchObject([
      { kind: 'start', tierWord: 'priority' },
      { kind: 'finish', stop: 'length' },
      { kind: 'usage', usage: { input: 7, output: 1 }, tierWord: 'priority' },
    ]);
  });

  test('of a blocked prompt is one filtered choice', () => {
    const parts = decode(sse({ promptFeedback: { blockReason: 'OTHER' }, usageMetadata: { promptTokenCount: 3 } }));
    expect(collect(parts)).toMatchObject({ choices: [{ parts: [], stop: 'filtered' }], usage: { input: 3 } });
  });

  test('ends with an error that it tells', () => {
    const error = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };
    const bytes = sse(chunk([{ text: 'Hel' }]), error, chunk([{ text: 'lo' }]));
    const failure = { kind: 'no-capacity', message: 'The model is overloaded.', code: 'UNAVAILABLE' };
    expect(decode(bytes).at(-1)).toEqual({ kind: 'error', failure });
    expect(decode(bytes)).toHaveLength(3);
    expect(watch(sse(chunk([{ text: 'Hel' }]), error))).toMatchObject({ failure, whole: false });
  });

  test.each(['data: {"candidates":\n\n', 'data: [DONE]\n\n', 'data: 7\n\n'])('%j is garbled', (text) => {
    expect(() => decode(Buffer.from(text))).toThrow(Garbled);
    expect(() => watch(Buffer.from(text))).toThrow(Garbled);
  });

  test('whose event never ends is garbled before it fills memory', () => {
    expect(() => decode(Buffer.alloc(EVENT_BYTES_MAX + 1, 'a'))).toThrow(Garbled);
    expect(() => watch(Buffer.alloc(FORWARDED_EVENT_BYTES_MAX + 1, 'a'))).toThrow(Garbled);
  });

  test('whatever the bytes, is parts or garbled', () => {
    const event = fc.oneof(
      fc.json().map((text) => `data: ${text}\n\n`),
      fc
        .record({
          candidates: fc.array(
            fc.record({ content: fc.record({ parts: fc.array(fc.jsonValue()) }), index: fc.jsonValue() }),
          ),
        })
        .map((object) => `data: ${JSON.stringify(object)}\r\n\r\n`),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 4 }), (events) => {
        for (const read of [decode, watch]) {
          try {
            read(Buffer.from(events.join('')));
          } catch (error) {
            expect(error).toBeInstanceOf(Garbled);
          }
        }
      }),
    );
  });
});

describe('a stream to a client of Gemini', () => {
  const parts: StreamPart[] = [
    { kind: 'start' },
    { kind: 'text', choice: 0, text: 'Let me "see".\n\n' },
    { kind: 'tool-start', choice: 0, call: 0, id: 'a', name: 'f' },
    { kind: 'tool-input', choice: 0, call: 0, json: '{\n "x"' },
    { kind: 'tool-input', choice: 0, call: 0, json: ': 1}' },
    { kind: 'tool-start', choice: 0, call: 1, id: 'b', name: 'g' },
    { kind: 'finish', choice: 0, stop: 'tool-calls' },
    { kind: 'usage', usage: { input: 7, cachedInput: 0, output: 5, reasoning: 2 } },
    { kind: 'end' },
  ];

  test('has calls whole, together with finish, usage and tier in the last chunk', () => {
    const identity = { modelVersion: 'mine', responseId: 'r1' };
    expect(chunks(encode(parts))).toEqual([
      { candidates: [{ content: { parts: [{ text: 'Let me "see".\n\n' }], role: 'model' }, index: 0 }], ...identity },
      {
        candidates: [
          {
            content: {
              parts: [
                { functionCall: { id: 'a', name: 'f', args: { x: 1 } }, thoughtSignature: MADE_ELSEWHERE },
                { functionCall: { id: 'b', name: 'g', args: {} } },
              ],
              role: 'model',
            },
            finishReason: 'STOP',
            index: 0,
          },
        ],
        usageMetadata: {
          promptTokenCount: 7,
          candidatesTokenCount: 3,
          thoughtsTokenCount: 2,
          totalTokenCount: 12,
          serviceTier: 'flex',
        },
        ...identity,
      },
    ]);
  });

  test('has content in every chunk, so that a chat keeps the turn', () => {
    fc.assert(
      fc.property(canonicalAnswer({ ...CAN, stops: ['end', 'length'], choicesMax: 1 }), (answer) => {
        for (const { candidates } of chunks(encode(streamOf(answer, 5)))) {
          for (const { content } of candidates as { content: { parts: object[] } }[]) {
            expect(content.parts).not.toHaveLength(0);
            for (const part of content.parts) expect(Object.keys(part)).not.toHaveLength(0);
          }
        }
      }),
    );
  });

  test('tells the tier as it is known at the end', () => {
    let word = 'flex';
    const encoder = new GeminiStreamEncoder({ ...AS, tierWord: () => word });
    encoder.write([{ kind: 'start' }, { kind: 'finish', choice: 0, stop: 'end' }]);
    word = 'standard';
    expect(chunks(encoder.end())[0]).toMatchObject({ usageMetadata: { serviceTier: 'standard' } });
  });

  test('leaves a call out that is no object', () => {
    const broken: StreamPart[] = [
      { kind: 'start' },
      { kind: 'tool-start', choice: 0, call: 0, id: 'a', name: 'f' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{"cut' },
      { kind: 'finish', choice: 0, stop: 'length' },
    ];
    expect(chunks(encode(broken))).toMatchObject([
      { candidates: [{ finishReason: 'MAX_TOKENS', finishMessage: 'Malformed function call: f({"cut)' }] },
    ]);
  });

  test('holds no more of a call than anybody could read', () => {
    const encoder = new GeminiStreamEncoder(AS);
    encoder.write([{ kind: 'start' }, { kind: 'tool-start', choice: 0, call: 0, id: 'a', name: 'f' }]);
    const json = 'x'.repeat(EVENT_BYTES_MAX);
    encoder.write([{ kind: 'tool-input', choice: 0, call: 0, json }]);
    expect(() => encoder.write([{ kind: 'tool-input', choice: 0, call: 0, json: 'x' }])).toThrow(Garbled);
  });
});

describe('the watcher', () => {
  test('knows at every cut what the decoder knows', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), fc.integer({ min: 1, max: 200 }), (answer, size) => {
        const bytes = encode(streamOf(answer, 3));
        expect(watch(bytes, size)).toMatchObject({ usage: answer.usage, tierWord: 'flex', whole: true, failure: null });
        const cut = watch(bytes.subarray(0, bytes.lastIndexOf('data: ')), size);
        expect(cut).toMatchObject({ usage: null, whole: false });
      }),
    );
  });

  test('counts tokens as the chunks tell them, and chunks where they do not', () => {
    const thinking = chunk([{ text: 'b' }], {}, 30);
    (thinking['usageMetadata'] as JsonObject)['thoughtsTokenCount'] = 12;
    expect(watch(sse(chunk([{ text: 'a' }]), thinking)).tokens).toBe(42);
    const bare = { candidates: [{ content: { parts: [{ text: 'a' }] } }] };
    expect(watch(sse(bare, bare, bare)).tokens).toBe(3);
  });

  test('takes no text for a finish', () => {
    const text = '"finishReason": "STOP", "candidatesTokenCount": 5000';
    const watcher = watch(sse(chunk([{ text: 'a' }]), chunk([{ text }], {}, 3)));
    expect(watcher).toMatchObject({ whole: false, tokens: 3 });
  });

  test('waits for all candidates', () => {
    const other = { ...chunk([{ text: 'b' }]), candidates: [{ content: { parts: [{ text: 'b' }] }, index: 1 }] };
    const first = chunk([{ text: 'a' }], { finishReason: 'STOP' });
    expect(watch(sse(chunk([{ text: 'a' }]), first)).whole).toBe(true);
    expect(watch(sse(chunk([{ text: 'a' }]), first, other)).whole).toBe(false);
  });
});
