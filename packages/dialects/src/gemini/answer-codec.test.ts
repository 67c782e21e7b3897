import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAnswer, type AnswerCan } from '../canonical/testing/answers.ts';
import type { CanonicalAnswer } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { AnswerIdentity } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { decodeGeminiAnswer } from './answer-decode.ts';
import { encodeGeminiAnswer } from './answer-encode.ts';
import { readAnswerFacts } from './answer-facts.ts';
import { GEMINI_CODEC } from './codec.ts';

const CAN: AnswerCan = {
  choicesMax: 3,
  refusals: false,
  thoughts: true,
  bareThoughts: true,
  states: ['openai', 'gemini', 'anthropic', 'bedrock'],
  callStates: ['openai', 'gemini', 'anthropic', 'bedrock'],
  stops: ['end', 'length', 'filtered'],
  stopSequences: false,
  logprobs: true,
  logprobBytes: false,
  texts: true,
  cacheWrite: false,
  callId: (call) => `call_${call}`,
};

const AS: AnswerIdentity = { id: 'r1', model: 'mine', created: 0, tierWord: () => 'flex' };

function encode(answer: Partial<CanonicalAnswer>): JsonObject {
  const whole = encodeGeminiAnswer({ choices: [], usage: null, ...answer }, AS);
  return JSON.parse(JSON.stringify(whole)) as JsonObject;
}

test('an answer is the same after it was told', () => {
  fc.assert(
    fc.property(canonicalAnswer(CAN), (answer) => {
      const told = decodeGeminiAnswer(encode(answer), {});
      expect(told).toEqual({ ...answer, id: 'r1', model: 'mine', tierWord: 'flex' });
    }),
    { numRuns: 300 },
  );
});

describe('an answer of Gemini', () => {
  const body = {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [
            { text: 'Rain? ', thought: true },
            { text: 'Perhaps.', thought: true },
            { text: 'Let me look.', thoughtSignature: 'c2ln' },
            { functionCall: { name: 'weather', args: { city: 'Bern' } }, thoughtSignature: 'c2lnMg==' },
            { functionCall: { id: 'x1', name: 'weather' } },
          ],
        },
        finishReason: 'STOP',
        safetyRatings: [],
      },
    ],
    usageMetadata: {
      promptTokenCount: 20,
      cachedContentTokenCount: 8,
      candidatesTokenCount: 3,
      thoughtsTokenCount: 5,
      toolUsePromptTokenCount: 2,
      totalTokenCount: 30,
      serviceTier: 'flex',
    },
    modelVersion: 'gemini-3.8-flash',
    responseId: 'vP9-aQ_1',
  };

  test('is read whole', () => {
    const gemini = { from: 'gemini', form: 'thoughtSignature' };
    expect(decodeGeminiAnswer(body, { 'x-gemini-service-tier': 'standard' })).toEqual({
      id: 'vP9-aQ_1',
      model: 'gemini-3.8-flash',
      choices: [
        {
          parts: [
            { kind: 'reasoning', text: 'Rain? Perhaps.' },
            { kind: 'text', text: 'Let me look.' },
            { kind: 'reasoning', text: '', state: { ...gemini, data: 'c2ln' } },
            {
              kind: 'tool-call',
              id: 'call_vP9aQ1_0',
              name: 'weather',
              input: '{"city":"Bern"}',
              state: { ...gemini, data: 'c2lnMg==' },
            },
            { kind: 'tool-call', id: 'x1', name: 'weather', input: '{}' },
          ],
          stop: 'tool-calls',
        },
      ],
      usage: { input: 22, cachedInput: 8, output: 8, reasoning: 5 },
      tierWord: 'flex',
    });
  });

  test('tells its tier in a header where the body does not', () => {
    const { usageMetadata: _, ...bare } = body;
    expect(decodeGeminiAnswer(bare, { 'x-gemini-service-tier': 'priority' })).toMatchObject({
      usage: null,
      tierWord: 'priority',
    });
  });

  test('without candidates is a prompt that was blocked', () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 4 } };
    expect(decodeGeminiAnswer(blocked, {})).toEqual({
      choices: [{ parts: [], stop: 'filtered' }],
      usage: { input: 4, cachedInput: 0, output: 0, reasoning: 0 },
    });
  });

  test.each([
    ['STOP', 'end'],
    [undefined, 'end'],
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['SAFETY', 'filtered'],
    ['RECITATION', 'filtered'],
    ['MALFORMED_FUNCTION_CALL', 'filtered'],
    ['SOMETHING_NEW', 'filtered'],
  ])('that finishes with %s ended by %s', (finishReason, stop) => {
    const candidate = { content: { parts: [{ text: 'Hi' }] }, finishReason };
    expect(decodeGeminiAnswer({ candidates: [candidate] }, {}).choices[0]!.stop).toBe(stop);
  });

  test('has its choices in the order of their indexes', () => {
    const candidate = (index: number | undefined, text: string): JsonObject => ({
      ...(index === undefined ? {} : { index }),
      content: { parts: [{ text }] },
    });
    const { choices } = decodeGeminiAnswer(
      { candidates: [candidate(undefined, 'a'), candidate(2, 'c'), candidate(1, 'b')] },
      {},
    );
    expect(choices.map(({ parts }) => parts[0])).toMatchObject([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
  });

  test.each<JsonObject>([
    {},
    { candidates: [] },
    { candidates: [{ content: { parts: [{ inlineData: { data: 'AAAA' } }] } }] },
    { candidates: [{ content: { parts: [{ functionCall: { args: {} } }] } }] },
  ])('%j is none', (garbage) => {
    expect(() => decodeGeminiAnswer(garbage, {})).toThrow(Garbled);
  });
});

describe('an answer to a client of Gemini', () => {
  test('has the members that its SDK reads', () => {
    const usage = { input: 20, cachedInput: 8, output: 8, reasoning: 5 };
    expect(
      encode({ choices: [{ parts: [{ kind: 'text', text: 'ok' }], stop: 'stop', stopSequence: '.' }], usage }),
    ).toEqual({
      candidates: [{ content: { parts: [{ text: 'ok' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
      usageMetadata: {
        promptTokenCount: 20,
        cachedContentTokenCount: 8,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 5,
        totalTokenCount: 28,
        serviceTier: 'flex',
      },
      modelVersion: 'mine',
      responseId: 'r1',
    });
  });

  test('that says nothing has a content nevertheless, and one that was withheld has none', () => {
    const [empty, withheld] = encode({
      choices: [
        { parts: [], stop: 'end' },
        { parts: [], stop: 'refusal' },
      ],
    })['candidates'] as JsonObject[];
    expect(empty).toMatchObject({ content: { parts: [{ text: '' }] }, finishReason: 'STOP' });
    expect(withheld).toEqual({ finishReason: 'SAFETY', index: 1 });
  });

  test('a refusal is told in its words', () => {
    const parts = [{ kind: 'refusal', text: 'I would rather not.' }] as const;
    expect(encode({ choices: [{ parts, stop: 'refusal' }] })['candidates']).toMatchObject([
      { content: { parts: [{ text: 'I would rather not.' }] }, finishReason: 'SAFETY' },
    ]);
  });

  test('a call whose input is no object is left out, and quoted', () => {
    const call = { kind: 'tool-call', id: 'a', name: 'f' } as const;
    const parts = [
      { ...call, input: '' },
      { ...call, input: '{"cut' },
      { ...call, input: '[1]' },
    ];
    const candidate = (stop: 'length' | 'tool-calls'): JsonObject =>
      (encode({ choices: [{ parts, stop }] })['candidates'] as JsonObject[])[0]!;
    expect(candidate('tool-calls')).toMatchObject({
      content: { parts: [{ functionCall: { id: 'a', name: 'f', args: {} } }] },
      finishReason: 'MALFORMED_FUNCTION_CALL',
      finishMessage: 'Malformed function call: f({"cut); f([1])',
    });
    expect(candidate('length')).toMatchObject({ finishReason: 'MAX_TOKENS' });
  });

  test('calls come back signed, so that the conversation can go on at Gemini', () => {
    const call = { kind: 'tool-call', name: 'f', input: '{}' } as const;
    const parts = [{ kind: 'text', text: 'Hi' } as const, { ...call, id: 'a' }, { ...call, id: 'b' }];
    const [{ content }] = encode({ choices: [{ parts, stop: 'tool-calls' }] })['candidates'] as [
      { content: JsonObject },
    ];
    const body = Buffer.from(JSON.stringify({ contents: [content] }));
    const read = GEMINI_CODEC.read(body, { model: 'm', stream: false });
    const forwarded = read.ok ? (JSON.parse(read.forward('m', null).toString()) as JsonObject) : {};
    expect(forwarded['contents']).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'Hi' },
          { functionCall: { id: 'a', name: 'f', args: {} }, thoughtSignature: 'skip_thought_signature_validator' },
          { functionCall: { id: 'b', name: 'f', args: {} } },
        ],
      },
    ]);
  });

  test('probabilities come with their average', () => {
    const logprobs = [
      { token: 'a', logprob: -1, top: [] },
      { token: 'b', logprob: -3, top: [] },
    ];
    const parts = [{ kind: 'text', text: 'ab' }] as const;
    expect(encode({ choices: [{ parts, stop: 'end', logprobs }] })['candidates']).toMatchObject([
      { avgLogprobs: -2, logprobsResult: { chosenCandidates: [{ token: 'a' }, { token: 'b' }] } },
    ]);
  });
});

describe('what is read of an answer that passes as bytes', () => {
  test('is usage and tier, without the rest', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), (answer) => {
        expect(readAnswerFacts(Buffer.from(JSON.stringify(encode(answer))), {})).toEqual({
          usage: answer.usage,
          tierWord: 'flex',
        });
      }),
    );
  });

  test.each<[string, object | null]>([
    ['{"candidates":[]}', { usage: null, tierWord: 'standard' }],
    ['{"promptFeedback":{},"usageMetadata":7}', { usage: null, tierWord: 'standard' }],
    ['{"error":{}}', null],
    ['<html>', null],
    ['', null],
  ])('of %s is %j', (body, facts) => {
    expect(readAnswerFacts(Buffer.from(body), { 'x-gemini-service-tier': 'standard' })).toEqual(facts);
  });
});

test('whatever an upstream answers, it is an answer or garbled', () => {
  fc.assert(
    fc.property(
      fc.record({
        candidates: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record({
              content: fc.record({ parts: fc.jsonValue() }),
              index: fc.jsonValue(),
              logprobsResult: fc.jsonValue(),
            }),
          ),
        ),
        promptFeedback: fc.jsonValue(),
        usageMetadata: fc.jsonValue(),
      }),
      (body) => {
        try {
          expect(decodeGeminiAnswer(body, {}).choices).not.toHaveLength(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Garbled);
        }
      },
    ),
  );
});
