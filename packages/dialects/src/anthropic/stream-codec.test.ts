import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalAnswer } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { OpaqueState } from '../canonical/request.ts';
import { canonicalAnswer, streamOf } from '../canonical/testing/answers.ts';
import { collect } from '../canonical/testing/collect.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { SseReader } from '../sse/reader.ts';
import { ANTHROPIC_CODEC as CODEC } from './codec.ts';
import { asJson, CAN, identity, readStream, TOLD, WISH, writeStream, writtenEvent } from './testing/answers.ts';

describe('a stream', () => {
  test('that is written and read again tells the same answer, however it is cut', () => {
    const sizes = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(canonicalAnswer(CAN), sizes, fc.array(fc.nat()), (answer, size, cuts) => {
        expect(collect(readStream(writeStream(streamOf(answer, size)), cuts))).toEqual({ ...answer, ...TOLD });
      }),
      { numRuns: 200 },
    );
  });

  test('tells what the whole answer does', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), (answer) => {
        const whole = CODEC.decodeAnswer(asJson(CODEC.encodeAnswer(answer, identity(), WISH)), {});
        expect(collect(readStream(writeStream(streamOf(answer, 3))))).toEqual(whole);
      }),
    );
  });

  test('says the same at every cut', () => {
    const answer: CanonicalAnswer = {
      choices: [
        {
          parts: [
            { kind: 'reasoning', text: 'größer', state: { from: 'anthropic', form: 'signature', data: 'EqRk' } },
            { kind: 'text', text: 'Straße 🏞️' },
            { kind: 'tool-call', id: 't', name: 'look', input: '{"a":"ü"}' },
          ],
          stop: 'tool-calls',
        },
      ],
      usage: { input: 3, cachedInput: 1, output: 2, reasoning: 1 },
    };
    const bytes = writeStream(streamOf(answer, 2));
    const parts = readStream(bytes);
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(readStream(bytes, [cut])).toEqual(parts);
    expect(collect(parts)).toEqual({ ...answer, ...TOLD });
  });

  test('has its events in the order and with the names that the SDK wants', () => {
    const state: OpaqueState = { from: 'anthropic', form: 'signature', data: 'EqRk' };
    const text = writeStream([
      { kind: 'start' },
      { kind: 'reasoning', choice: 0, text: 'Hm' },
      { kind: 'reasoning-state', choice: 0, state },
      { kind: 'text', choice: 0, text: 'The ' },
      { kind: 'text', choice: 0, text: 'Elbe' },
      { kind: 'tool-start', choice: 0, call: 0, id: 't', name: 'look' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{}' },
      { kind: 'finish', choice: 0, stop: 'tool-calls' },
      { kind: 'usage', usage: { input: 9, cachedInput: 0, output: 12, reasoning: 0 } },
      { kind: 'end' },
    ]).toString();
    const events = [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)];
    expect(events.map(([whole]) => whole).join('')).toBe(text);
    const data = events.map(([, , json]) => JSON.parse(json!) as JsonObject);
    expect(data.map(({ type }) => type)).toEqual(events.map(([, name]) => name));
    expect(data).toMatchObject([
      {
        type: 'message_start',
        message: {
          id: 'msg_01',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 77, service_tier: 'standard' },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'EqRk' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'The ' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Elbe' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 't', name: 'look', input: {} } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'content_block_stop', index: 2 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 12, input_tokens: 9 },
      },
      { type: 'message_stop' },
    ]);
    expect(data.at(-2)).not.toHaveProperty('usage.service_tier');
  });

  test('tells a tier that was learned late', () => {
    let word = 'priority';
    const as = identity(() => word);
    const encoder = CODEC.streamEncoder(as, WISH);
    const first = encoder.write([{ kind: 'start' }, { kind: 'finish', choice: 0, stop: 'end' }]);
    word = 'standard';
    const bytes = Buffer.concat([first, encoder.end()]);
    expect(first.toString()).toContain('"service_tier":"priority"');
    expect(collect(readStream(bytes)).tierWord).toBe('standard');
    const watcher = CODEC.streamWatcher({});
    watcher.push(bytes);
    expect(watcher.tierWord).toBe('standard');
  });

  const start = writtenEvent({
    type: 'message_start',
    message: {
      id: 'msg_1',
      model: 'm',
      usage: { input_tokens: 9, cache_read_input_tokens: 4, output_tokens: 1, service_tier: 'priority' },
    },
  });

  test('of Anthropic, with pings, unknown events, citations and an input that is not streamed', () => {
    const text =
      start +
      writtenEvent({ type: 'ping' }) +
      writtenEvent({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'A' } }) +
      writtenEvent({ type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation: {} } }) +
      writtenEvent({ type: 'content_block_stop', index: 0 }) +
      writtenEvent({ type: 'news_of_tomorrow' }) +
      writtenEvent({
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 't', name: 'look', input: {} },
      }) +
      writtenEvent({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '' } }) +
      writtenEvent({ type: 'content_block_stop', index: 1 }) +
      writtenEvent({
        type: 'message_delta',
        delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
        usage: { output_tokens: 12, input_tokens: null },
      }) +
      writtenEvent({ type: 'message_stop' });
    expect(readStream(Buffer.from(text.replaceAll('\n', '\r\n')))).toEqual([
      {
        kind: 'start',
        id: 'msg_1',
        model: 'm',
        usage: { input: 13, cachedInput: 4, output: 1, reasoning: 0 },
        tierWord: 'priority',
      },
      { kind: 'text', choice: 0, text: 'A' },
      { kind: 'tool-start', choice: 0, call: 0, id: 't', name: 'look' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{}' },
      { kind: 'finish', choice: 0, stop: 'stop', stopSequence: 'END' },
      { kind: 'usage', usage: { input: 13, cachedInput: 4, output: 12, reasoning: 0 } },
      { kind: 'end' },
    ]);
  });

  test('that ends without closing its block has lost nothing', () => {
    const thinking = { type: 'thinking', thinking: '', signature: 'EqRk' };
    const text =
      start +
      writtenEvent({ type: 'content_block_start', index: 0, content_block: thinking }) +
      writtenEvent({ type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 2 } });
    expect(readStream(Buffer.from(text)).map(({ kind }) => kind)).toEqual([
      'start',
      'reasoning-state',
      'finish',
      'usage',
    ]);
  });

  test('that declines says so in words and in its reason', () => {
    const bytes = writeStream([
      { kind: 'start' },
      { kind: 'refusal', choice: 0, text: 'No.' },
      { kind: 'finish', choice: 0, stop: 'end' },
    ]);
    expect(collect(readStream(bytes)).choices).toEqual([{ parts: [{ kind: 'text', text: 'No.' }], stop: 'refusal' }]);
  });

  test('has the state of a call at that call only', () => {
    const state: OpaqueState = { from: 'gemini', form: 'thoughtSignature', data: 'QUJD' };
    const call = { kind: 'tool-call' as const, name: 'look', input: '{}' };
    const parts = [
      { ...call, id: 'a', state },
      { ...call, id: 'b' },
    ];
    const answer: CanonicalAnswer = { choices: [{ parts, stop: 'tool-calls' }], usage: null };
    expect(collect(readStream(writeStream(streamOf(answer, 9)))).choices).toEqual(answer.choices);
    const body = asJson(CODEC.encodeAnswer(answer, identity(), WISH));
    expect(CODEC.decodeAnswer(body, {}).choices).toEqual(answer.choices);
  });

  test('signs thoughts that nobody signed, because clients leave out those without', () => {
    const bytes = writeStream([
      { kind: 'start' },
      { kind: 'reasoning', choice: 0, text: 'Hm' },
      { kind: 'finish', choice: 0, stop: 'end' },
    ]);
    expect(bytes.toString()).toContain('"delta":{"type":"signature_delta","signature":"offpeak."}');
    expect(collect(readStream(bytes)).choices[0]!.parts).toEqual([{ kind: 'reasoning', text: 'Hm' }]);
  });

  test('that fails says so, and nothing after it', () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    const text = start + writtenEvent({ type: 'error', error }) + writtenEvent({ type: 'message_stop' });
    expect(readStream(Buffer.from(text)).slice(1)).toEqual([
      { kind: 'error', failure: { kind: 'no-capacity', message: 'Overloaded', code: 'overloaded_error' } },
    ]);
  });

  const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };

  test.each<[string, string]>([
    ['no JSON', 'event: message_start\ndata: {"type"\n\n'],
    ['no object', 'data: 7\n\n'],
    ['a block before the message', writtenEvent(block)],
    [
      'a piece before its block',
      start + writtenEvent({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } }),
    ],
    [
      'a piece of another block',
      start +
        writtenEvent(block) +
        writtenEvent({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'a' } }),
    ],
    [
      'a piece of an unknown type',
      start + writtenEvent(block) + writtenEvent({ type: 'content_block_delta', index: 0, delta: { type: 'x' } }),
    ],
    [
      'an input in a text',
      start +
        writtenEvent(block) +
        writtenEvent({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{' } }),
    ],
    ['two messages', start + start],
    [
      'a block of a tool that nobody sent',
      start + writtenEvent({ ...block, content_block: { type: 'server_tool_use' } }),
    ],
    ['an event without end', `event: x\ndata: ${'x'.repeat(5_000_000)}`],
  ])('with %s is garbled', (_what, text) => {
    expect(() => readStream(Buffer.from(text))).toThrow(Garbled);
  });

  test('whatever comes is read or garbled', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        start,
        writtenEvent(block),
        writtenEvent({ type: 'content_block_stop', index: 0 }),
        writtenEvent({ type: 'message_stop' }),
        '\n\n',
        'data: ',
      ),
      fc.jsonValue({ maxDepth: 3 }).map((value) => `data: ${JSON.stringify(value)}\n\n`),
      fc
        .record(
          {
            type: fc.constantFrom(
              'content_block_start',
              'content_block_delta',
              'message_delta',
              'message_start',
              'error',
            ),
            index: fc.nat(1),
            delta: fc.jsonValue(),
            message: fc.jsonValue(),
            content_block: fc.jsonValue(),
            usage: fc.jsonValue(),
            error: fc.jsonValue(),
          },
          { requiredKeys: ['type'] },
        )
        .map((value) => writtenEvent(asJson(value) as { type: string })),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''));
        const watcher = CODEC.streamWatcher({});
        for (const act of [() => readStream(bytes), () => watcher.push(bytes)]) {
          try {
            act();
          } catch (error) {
            expect(error).toBeInstanceOf(Garbled);
          }
        }
      }),
    );
  });
});

describe('watching a stream', () => {
  test('sees the end, the count and the tier, however the bytes are cut', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), fc.array(fc.nat()), (answer, cuts) => {
        const bytes = writeStream(
          streamOf(answer, 3),
          identity(() => 'flex'),
        );
        const deltas = new SseReader().push(bytes).filter((data) => data.startsWith('{"type":"content_block_delta"'));
        const watcher = CODEC.streamWatcher({});
        const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b);
        ends.forEach((end, at) => watcher.push(bytes.subarray(ends[at - 1] ?? 0, end)));
        expect(watcher).toMatchObject({
          usage: answer.usage,
          tierWord: 'flex',
          marked: true,
          whole: true,
          failure: null,
        });
        expect(watcher.tokens).toBe(deltas.length);
      }),
    );
  });

  test('an ending without its mark is whole, and a stream without one is not', () => {
    const bytes = writeStream([
      { kind: 'start' },
      { kind: 'text', choice: 0, text: 'a' },
      { kind: 'finish', choice: 0, stop: 'end' },
    ]);
    const end = bytes.indexOf('event: message_delta');
    const watcher = CODEC.streamWatcher({});
    watcher.push(bytes.subarray(0, end));
    expect(watcher).toMatchObject({ whole: false, usage: null, tierWord: 'standard', tokens: 1 });
    watcher.push(bytes.subarray(end, bytes.indexOf('event: message_stop')));
    expect(watcher).toMatchObject({ whole: true, marked: false });
  });

  test('a failure is seen, comments are not, and names may be missing', () => {
    const watcher = CODEC.streamWatcher({});
    watcher.push(Buffer.from(': keep-alive\n\ndata: {"type":"content_block_delta"}\n\n'));
    expect(watcher.tokens).toBe(1);
    watcher.push(Buffer.from(writtenEvent({ type: 'error', error: { type: 'api_error', message: 'Broken' } })));
    expect(watcher.failure).toEqual({ kind: 'failed', message: 'Broken', code: 'api_error' });
  });
});
