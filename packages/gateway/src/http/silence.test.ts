import type { PostOperation } from '@offpeak/dialects';
import { expect, test } from 'vitest';
import { readAsked, type Asked } from './asked.ts';
import { GEMINI_MOUNT, GROQ_MOUNT, OPENAI_MOUNT, type Mount } from './mounts.ts';
import { silenceOf } from './silence.ts';

function asked(mount: Mount, operation: PostOperation, more: object): Asked {
  const body = Buffer.from(JSON.stringify({ model: 'm', ...more }));
  const read = readAsked({ mount, operation, enginePath: '/v1/chat/completions' }, {}, body);
  if ('kind' in read) throw new Error(JSON.stringify(read));
  return read;
}

const messages = [{ role: 'user', content: 'Hi' }];

test.each([
  ['a stream', 'chat', { messages, stream: true }, false],
  ['a stream of one choice', 'chat', { messages, stream: true, n: 1 }, false],
  ['a stream of a text prompt', 'completions', { prompt: 'Once', stream: true }, false],
  ['an answer in one piece', 'chat', { messages }, 'interactive'],
  ['several choices', 'chat', { messages, stream: true, n: 3 }, true],
  ['several choices in one piece', 'chat', { messages, n: 2 }, true],
  ['the best of several', 'completions', { prompt: 'Once', stream: true, best_of: 2 }, true],
  ['several prompts', 'completions', { prompt: ['Once', 'Twice'], stream: true }, true],
  ['embeddings', 'embeddings', { input: 'Hi' }, true],
] as const)('%s', (_what, operation, more, expected) => {
  expect(silenceOf(asked(OPENAI_MOUNT, operation, more))).toBe(expected);
  expect(silenceOf(asked(GROQ_MOUNT, operation, more))).toBe(expected);
});

test('a wire whose path says whether it streams, and whose body says how many answers', () => {
  const body = (count: number): Buffer => {
    return Buffer.from(
      JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }], generationConfig: { candidateCount: count } }),
    );
  };
  const silence = (stream: boolean, count: number): boolean | string => {
    const target = {
      mount: GEMINI_MOUNT,
      operation: 'chat',
      enginePath: '/v1/chat/completions',
      model: 'm',
      stream,
    } as const;
    const read = readAsked(target, {}, body(count));
    if ('kind' in read) throw new Error(JSON.stringify(read));
    return silenceOf(read);
  };
  expect(silence(true, 1)).toBe(false);
  expect(silence(false, 1)).toBe('interactive');
  expect(silence(true, 2)).toBe(true);
  expect(silence(false, 2)).toBe(true);
});
