import { readRequest, type PostOperation } from '@offpeak/dialects';
import { expect, test } from 'vitest';
import { silenceOf } from './silence.ts';

function silence(operation: PostOperation, more: object): boolean | 'interactive' {
  const body = Buffer.from(JSON.stringify({ model: 'm', ...more }));
  const request = readRequest(operation, body);
  if (!request.ok) throw new Error(JSON.stringify(request.problem));
  return silenceOf(operation, request, body);
}

const messages = [{ role: 'user', content: 'Hi' }];

test.each([
  ['a stream', 'chat', { messages, stream: true }, false],
  ['a stream of one choice', 'chat', { messages, stream: true, n: 1 }, false],
  ['a stream of a text prompt', 'completions', { prompt: 'Once', stream: true }, false],
  ['an answer in one piece', 'chat', { messages }, 'interactive'],
  ['several choices', 'chat', { messages, stream: true, n: 3 }, true],
  ['the best of several', 'completions', { prompt: 'Once', stream: true, best_of: 2 }, true],
  ['several prompts', 'completions', { prompt: ['Once', 'Twice'], stream: true }, true],
  ['embeddings', 'embeddings', { input: 'Hi' }, true],
] as const)('%s', (_what, operation, more, expected) => {
  expect(silence(operation, more)).toBe(expected);
});
