import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalAnswer } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import { canonicalAnswer } from '../canonical/testing/answers.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { ANTHROPIC_CODEC as CODEC } from './codec.ts';
import { asJson, CAN, identity, TOLD, WISH } from './testing/answers.ts';

describe('a whole answer', () => {
  test('that is written and read again is the same', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), (answer) => {
        const body = asJson(CODEC.encodeAnswer(answer, identity(), WISH));
        expect(CODEC.decodeAnswer(body, {})).toEqual({ ...answer, ...TOLD });
        expect(CODEC.answerFacts(Buffer.from(JSON.stringify(body)), {})).toEqual({
          usage: answer.usage,
          tierWord: 'standard',
        });
      }),
      { numRuns: 200 },
    );
  });

  test('has every member that the SDK has types for', () => {
    const answer: CanonicalAnswer = {
      choices: [{ parts: [{ kind: 'text', text: 'The Elbe.' }], stop: 'end' }],
      usage: { input: 20, cachedInput: 8, cacheWrite: 2, output: 5, reasoning: 3 },
    };
    expect(
      CODEC.encodeAnswer(
        answer,
        identity(() => 'flex'),
        WISH,
      ),
    ).toEqual({
      id: 'msg_01',
      type: 'message',
      role: 'assistant',
      model: 'chat',
      container: null,
      diagnostics: null,
      content: [{ type: 'text', text: 'The Elbe.', citations: null }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 2,
        cache_read_input_tokens: 8,
        cache_creation: null,
        output_tokens: 5,
        output_tokens_details: { thinking_tokens: 3 },
        server_tool_use: null,
        inference_geo: null,
        service_tier: 'flex',
        speed: null,
      },
    });
  });

  test('without a count tells what was estimated', () => {
    const answer: CanonicalAnswer = { choices: [{ parts: [], stop: 'filtered' }], usage: null };
    expect(CODEC.encodeAnswer(answer, identity(), WISH)).toMatchObject({
      stop_reason: 'refusal',
      usage: { input_tokens: 77, output_tokens: 0 },
    });
  });

  test('that declines says so in words and in its reason', () => {
    const answer: CanonicalAnswer = {
      choices: [{ parts: [{ kind: 'refusal', text: 'No.' }], stop: 'end' }],
      usage: null,
    };
    expect(CODEC.encodeAnswer(answer, identity(), WISH)).toMatchObject({
      content: [{ type: 'text', text: 'No.' }],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal' },
    });
  });

  test.each([
    ['', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":', { INVALID_JSON: '{"a":' }],
    ['[1]', { INVALID_JSON: '[1]' }],
  ])('the input %j of a call', (input, expected) => {
    const parts = [{ kind: 'tool-call' as const, id: 'a', name: 'b', input }];
    const body = CODEC.encodeAnswer({ choices: [{ parts, stop: 'tool-calls' }], usage: null }, identity(), WISH);
    expect(body['content']).toMatchObject([{ type: 'tool_use', input: expected, caller: { type: 'direct' } }]);
  });

  const message = { type: 'message', content: [], stop_reason: 'end_turn' };

  test.each<[string, string]>([
    ['end_turn', 'end'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'length'],
    ['tool_use', 'tool-calls'],
    ['refusal', 'refusal'],
    ['a_reason_of_tomorrow', 'end'],
  ])('that stops for %s', (reason, stop) => {
    expect(CODEC.decodeAnswer({ ...message, stop_reason: reason }, {}).choices[0]).toEqual({ parts: [], stop });
  });

  test('is not believed to think more than it says, or to count in fractions', () => {
    const usage = {
      input_tokens: 5,
      cache_read_input_tokens: -1,
      output_tokens: 2.5,
      output_tokens_details: { thinking_tokens: 9 },
    };
    expect(CODEC.decodeAnswer({ ...message, usage }, {}).usage).toEqual({
      input: 5,
      cachedInput: 0,
      output: 0,
      reasoning: 0,
    });
    expect(CODEC.decodeAnswer({ ...message, usage: { output_tokens: 3 } }, {}).usage).toBeNull();
  });

  test('tells why it was not given', () => {
    const details = { type: 'refusal', category: 'cyber', explanation: 'That could do harm.' };
    const body = { ...message, stop_reason: 'refusal', stop_details: details };
    expect(CODEC.decodeAnswer(body, {}).choices[0]!.parts).toEqual([{ kind: 'refusal', text: 'That could do harm.' }]);
  });

  test.each<[string, JsonObject]>([
    ['no message', { type: 'error', error: {} }],
    ['no content', { ...message, content: null }],
    ['no end', { ...message, stop_reason: null }],
    ['a block of a tool that nobody sent', { ...message, content: [{ type: 'server_tool_use', id: 'x' }] }],
    ['a text that is none', { ...message, content: [{ type: 'text', text: 7 }] }],
    ['a block that is none', { ...message, content: ['text'] }],
  ])('with %s is garbled', (_what, body) => {
    expect(() => CODEC.decodeAnswer(body, {})).toThrow(Garbled);
  });

  test('whatever comes is read or garbled', () => {
    const block = fc.record(
      {
        type: fc.constantFrom('text', 'thinking', 'tool_use', 'redacted_thinking'),
        text: fc.jsonValue(),
        data: fc.jsonValue(),
        id: fc.jsonValue(),
        name: fc.jsonValue(),
        input: fc.jsonValue(),
        thinking: fc.jsonValue(),
        signature: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const body = fc.record({
      type: fc.constant('message'),
      content: fc.oneof(fc.array(block), fc.jsonValue()),
      stop_reason: fc.oneof(fc.constant('end_turn'), fc.jsonValue()),
      usage: fc.jsonValue(),
    });
    fc.assert(
      fc.property(body, (body) => {
        try {
          expect(CODEC.decodeAnswer(asJson(body), {}).choices).toHaveLength(1);
        } catch (error) {
          expect(error).toBeInstanceOf(Garbled);
        }
      }),
    );
  });
});
