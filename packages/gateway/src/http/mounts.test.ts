import { expect, test } from 'vitest';
import { GROQ_MOUNT, lookUp, mountOf, OPENAI_MOUNT } from './mounts.ts';

test.each([
  ['/v1/chat/completions', OPENAI_MOUNT],
  ['/openai/chat/completions', OPENAI_MOUNT],
  ['/openai/v1/chat/completions', GROQ_MOUNT],
  ['/groq/openai/v1/chat/completions', GROQ_MOUNT],
])('%s', (path, mount) => {
  expect(lookUp('POST', path)).toMatchObject({ found: true, target: { mount, operation: 'chat' } });
});

test('a wrong method names the right one', () => {
  expect(lookUp('GET', '/v1/chat/completions')).toEqual({ found: false, mount: OPENAI_MOUNT, allowed: 'POST' });
  expect(lookUp('DELETE', '/v1/models/x')).toEqual({ found: false, mount: OPENAI_MOUNT, allowed: 'GET' });
});

test('a model name in a path may be encoded or hold slashes', () => {
  const named = { found: true, target: { operation: 'model', model: 'meta/llama-3' } };
  expect(lookUp('GET', '/v1/models/meta%2Fllama-3')).toMatchObject(named);
  expect(lookUp('GET', '/v1/models/meta/llama-3')).toMatchObject(named);
  expect(lookUp('GET', '/v1/models/%')).toMatchObject({ found: false });
});

test('an unknown path is answered in the words of the wire it looks like', () => {
  expect(lookUp('POST', '/groq/v1/nothing')).toEqual({ found: false, mount: GROQ_MOUNT });
  expect(mountOf('/nothing')).toBe(OPENAI_MOUNT);
});
