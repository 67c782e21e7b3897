import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerIdentity, Codec } from '../codec.ts';
import { CODECS } from '../codecs.ts';
import { parseExact } from '../json/exact.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { CanonicalAnswer } from './answer.ts';
import type { CanonicalRequest } from './request.ts';
import { collect } from './testing/collect.ts';
import { numberText, objectText } from './testing/numbers.ts';
import { streamOf } from './testing/answers.ts';

/** Numbers of other people's JSON come out of a translation as they were written, whatever the language makes of them. */

const WIRES = Object.values(CODECS);
const PAIRS = WIRES.flatMap((from) => WIRES.map((to) => ({ from, to })));

const CALL = { model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', stream: false, tierWord: null };
const AS: AnswerIdentity = { id: '1', model: 'm', created: 1, tierWord: () => 'default' };
const WISH = { includeUsage: true, inputTokens: 1, request: {} };

function parsed(codec: Codec, body: JsonObject): JsonObject {
  return codec.parse(JSON.stringify(body)) as JsonObject;
}

function requestWith(args: string, schema: string): CanonicalRequest {
  const call = { kind: 'tool-call', id: 'c', name: 'f', input: parseExact(args) as JsonObject } as const;
  return {
    system: [],
    messages: [
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
      { role: 'assistant', parts: [call] },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'c', name: 'f', parts: [{ kind: 'text', text: 'ok' }] }] },
    ],
    tools: [{ name: 'f', schema: parseExact(schema) as JsonObject }],
    format: { kind: 'schema', schema: parseExact(schema) as JsonObject },
    sampling: { maxTokens: 9, temperature: 1 },
    ignored: [],
  };
}

function through(codec: Codec, request: CanonicalRequest): CanonicalRequest {
  return codec.decodeRequest(parsed(codec, codec.encodeRequest(request, CALL).body), { model: 'm' });
}

function answerWith(input: string): CanonicalAnswer {
  const parts = [{ kind: 'tool-call', id: 'c', name: 'f', input } as const];
  return { choices: [{ parts, stop: 'tool-calls' }], usage: { input: 1, cachedInput: 0, output: 1, reasoning: 0 } };
}

function inputOf(answer: CanonicalAnswer): string {
  const part = answer.choices[0]!.parts.find(({ kind }) => kind === 'tool-call');
  if (part?.kind !== 'tool-call') throw new Error('the call is gone');
  return part.input;
}

function streamed(codec: Codec, answer: CanonicalAnswer, size: number): CanonicalAnswer {
  const encoder = codec.streamEncoder(AS, WISH);
  const bytes = Buffer.concat([encoder.write(streamOf(answer, size)), encoder.end()]);
  return collect(codec.streamDecoder({}).push(bytes));
}

describe.each(PAIRS)('$from.name to $to.name', ({ from, to }) => {
  test('arguments and schemas of a request', () => {
    fc.assert(
      fc.property(objectText, numberText, (args, limit) => {
        const schema = `{"type":"object","properties":{"n":{"type":"number","maximum":${limit}}}}`;
        const request = through(to, through(from, requestWith(args, schema)));
        const calls = request.messages.flatMap(({ parts }) => parts.filter((part) => part.kind === 'tool-call'));
        expect(calls.map(({ input }) => JSON.stringify(input))).toEqual([args]);
        expect(JSON.stringify(request.tools[0]!.schema)).toBe(schema);
        expect(request.format).toMatchObject({ kind: 'schema' });
        expect(JSON.stringify(request.format)).toContain(schema);
        expect(request.sampling.temperature).toBe(1);
      }),
      { numRuns: 30 },
    );
  });

  test('arguments of an answer, in one piece and as a stream', () => {
    fc.assert(
      fc.property(objectText, fc.integer({ min: 1, max: 30 }), (input, size) => {
        const middle = from.decodeAnswer(parsed(from, from.encodeAnswer(answerWith(input), AS, WISH)), {});
        const end = to.decodeAnswer(parsed(to, to.encodeAnswer(middle, AS, WISH)), {});
        expect(inputOf(end)).toBe(input);
        expect(inputOf(streamed(to, streamed(from, answerWith(input), size), size))).toBe(input);
      }),
      { numRuns: 30 },
    );
  });
});

const BIG = '{"n":12345678901234567890,"x":1.0}';

test('a call that a stream tells whole', () => {
  const block = `{"type":"tool_use","id":"c","name":"f","input":${BIG}}`;
  const events = [
    'event: message_start\ndata: {"type":"message_start","message":{}}',
    `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":${block}}`,
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use"}}',
  ];
  const told = CODECS.anthropic.streamDecoder({}).push(Buffer.from(`${events.join('\n\n')}\n\n`));
  expect(inputOf(collect(told))).toBe(BIG);
  const called = `{"index":0,"id":"c","function":{"name":"f","arguments":${BIG}}}`;
  const chunk = `data: {"choices":[{"index":0,"delta":{"tool_calls":[${called}]},"finish_reason":"tool_calls"}]}\n\n`;
  expect(inputOf(collect(CODECS.openai.streamDecoder({}).push(Buffer.from(chunk))))).toBe(BIG);
});

test('results that are JSON on their own wire and text on others', () => {
  const bedrock = `{"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"c","content":[{"json":${BIG}}]}}]}]}`;
  const { messages } = CODECS.bedrock.decodeRequest(CODECS.bedrock.parse(bedrock) as JsonObject, {});
  expect(messages[0]!.parts).toMatchObject([{ parts: [{ text: BIG }] }]);
  const call = '{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]}';
  const result = `{"role":"user","parts":[{"functionResponse":{"name":"f","response":${BIG}}}]}`;
  const gemini = CODECS.gemini.parse(`{"contents":[${call},${result}]}`) as JsonObject;
  expect(CODECS.gemini.decodeRequest(gemini, {}).messages[1]!.parts).toMatchObject([{ parts: [{ text: BIG }] }]);
});

test("Gemini's older form of schemas", () => {
  const parameters =
    '{"type":"OBJECT","properties":{"n":{"type":"INTEGER","maximum":9007199254740993,"maxLength":"7"}}}';
  const body = `{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":${parameters}}]}]}`;
  const { tools } = CODECS.gemini.decodeRequest(CODECS.gemini.parse(body) as JsonObject, {});
  expect(JSON.stringify(tools[0]!.schema)).toContain('"maximum":9007199254740993');
});

test('settings of the wire itself are plain numbers', () => {
  const config = '{"temperature":1.0,"topP":0.50,"stopSequences":[],"thinkingConfig":{"thinkingBudget":1024.0}}';
  const body = `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":${config}}`;
  const { sampling, reasoning } = CODECS.gemini.decodeRequest(CODECS.gemini.parse(body) as JsonObject, {});
  expect(sampling).toEqual({ temperature: 1, topP: 0.5 });
  expect(reasoning).toEqual({ budgetTokens: 1_024 });
});
