import { expect, test } from 'vitest';
import { adapterOfOwner, ADAPTERS } from './adapters.ts';

test.each([
  ['vllm', 'vllm'],
  ['sglang', 'sglang'],
  ['llamacpp', 'llama.cpp'],
  ['library', 'ollama'],
  ['offpeak-simulated', 'vllm'],
  ['offpeak-llama', 'vllm'],
  ['somebody', 'openai'],
  ['constructor', 'openai'],
  [undefined, 'openai'],
])('models owned by %s are served by %s', (owner, kind) => {
  expect(adapterOfOwner(owner).kind).toBe(kind);
});

test('the engine that runs llama.cpp in process tells its slots', () => {
  expect(adapterOfOwner('offpeak-llama').slotsPath).toBe('/props');
  expect(adapterOfOwner('offpeak-simulated').slotsPath).toBeNull();
});

test.each(Object.values(ADAPTERS))('$kind orders its priorities as the tiers are ordered', ({ priority }) => {
  if (priority === null) return;
  const { values } = priority;
  const gaps = [values.standard - values.priority, values.flex - values.standard, values.batch - values.flex];
  expect(new Set(gaps.map(Math.sign)).size).toBe(1);
});
