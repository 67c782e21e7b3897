import { expect, test } from 'vitest';
import { CODECS } from '../codecs.ts';
import { Undecodable } from '../canonical/feature.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { parseNested } from './nested.ts';
import { jsonDepthMax } from './skip.ts';

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

test.each(['{}', ' {"a":[1,"b",null]}\n', '"a"', '12', nested(jsonDepthMax)])('%.40s is what it is', (text) => {
  expect(parseNested(text)).toEqual(JSON.parse(text));
});

test.each(['', '{', '{"a":}', '{} x', nested(jsonDepthMax + 1), '['.repeat(100_000)])('%.40s is refused', (text) => {
  expect(() => parseNested(text)).toThrow();
});

/** Written again, it would be more levels than the stack has room for. */
const DEEP = nested(20_000);

test.each<['openai' | 'responses' | 'bedrock', string, JsonObject]>([
  [
    'openai',
    'messages[0].tool_calls[0].function.arguments',
    {
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: DEEP } }],
        },
      ],
    },
  ],
  ['responses', 'input[0].arguments', { input: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: DEEP }] }],
  [
    'bedrock',
    'outputConfig.textFormat.structure.jsonSchema.schema',
    {
      messages: [{ role: 'user', content: [{ text: 'a' }] }],
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: DEEP } } } },
    },
  ],
])('on the wire %s, %s of very many levels is the fault of the request', (wire, param, body) => {
  let thrown: unknown;
  try {
    CODECS[wire].decodeRequest({ model: 'm', ...body }, { model: 'm' });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Undecodable);
  expect(thrown).toMatchObject({ kind: 'invalid', param });
});

test.each(['anthropic', 'gemini', 'bedrock'] as const)(
  'an answer that calls a tool with so much can be told by %s',
  (wire) => {
    const call = { kind: 'tool-call', id: 'a', name: 'f', input: DEEP } as const;
    const answer = { choices: [{ parts: [call], stop: 'tool-calls' as const }], usage: null };
    const as = { id: 'a', model: 'm', created: 0, tierWord: () => 'standard' };
    const wish = { includeUsage: true, inputTokens: 1, request: {} };
    expect(JSON.stringify(CODECS[wire].encodeAnswer(answer, as, wish))).toContain('a');
    const encoder = CODECS[wire].streamEncoder(as, wish);
    encoder.write([
      { kind: 'start' },
      { kind: 'tool-start', choice: 0, call: 0, id: 'a', name: 'f' },
      { kind: 'tool-input', choice: 0, call: 0, json: DEEP },
      { kind: 'finish', choice: 0, stop: 'tool-calls' },
    ]);
    expect(encoder.end().length).toBeGreaterThan(0);
  },
);
