import { CODECS, type DialectName } from '@offpeak/dialects';
import { expect, test } from 'vitest';
import { inClientsWords } from './client-param.ts';

function told(param: string | null, upstream: DialectName, client: DialectName): unknown {
  const end = { kind: 'rejected', status: 400, message: 'no', param } as const;
  const { param: told, ...rest } = inClientsWords(end, CODECS[upstream], CODECS[client]) as typeof end;
  expect({ ...rest, param }).toEqual(end);
  return told;
}

test.each<[string | null, DialectName, DialectName, string | null]>([
  ['temperature', 'openai', 'gemini', 'generationConfig.temperature'],
  ['max_tokens', 'openai', 'bedrock', 'inferenceConfig.maxTokens'],
  ['max_completion_tokens', 'openai', 'anthropic', 'max_tokens'],
  ['max_tokens', 'anthropic', 'openai', 'max_completion_tokens'],
  ['messages[3].content', 'openai', 'gemini', null],
  ['model', 'openai', 'gemini', null],
  [null, 'openai', 'gemini', null],
])('%s of %s is for a client of %s %s', (param, upstream, client, expected) => {
  expect(told(param, upstream, client)).toBe(expected);
});

test('other ends stay as they are', () => {
  const end = { kind: 'lost', detail: 'it answered 500' } as const;
  expect(inClientsWords(end, CODECS.openai, CODECS.gemini)).toBe(end);
});
