import { expect, test } from 'vitest';
import { modelList, modelObject } from './models.ts';

const MODEL = { id: 'sim-8b', created: 1_795_000_000, ownedBy: 'offpeak', contextTokens: 8_192 };

test('openai lists models', () => {
  expect(modelList('openai', [MODEL, { id: 'other' }])).toEqual({
    object: 'list',
    data: [
      { id: 'sim-8b', object: 'model', created: 1_795_000_000, owned_by: 'offpeak' },
      { id: 'other', object: 'model', created: 0, owned_by: 'offpeak' },
    ],
  });
});

test('groq says more of a model', () => {
  expect(modelObject('groq', MODEL)).toMatchObject({ id: 'sim-8b', active: true, context_window: 8_192 });
  expect(modelObject('groq', { id: 'other' })).not.toHaveProperty('context_window');
});
