import { expect } from 'vitest';
import type { Kind } from './kind.ts';

export const FORM = {
  type: 'object',
  properties: { city: { type: 'string' }, degrees: { type: 'integer' } },
  required: ['city', 'degrees'],
  additionalProperties: false,
};

export const STRUCTURED: Kind = {
  title: 'Structured output',
  about: 'The answer is JSON that matches a schema.',
  async try(cell) {
    const { heard } = await cell.answer({ turns: [{ kind: 'user', text: 'how warm is it' }], format: FORM });
    expect(JSON.parse(heard.text)).toEqual({ city: 'text', degrees: 1 });
    expect(heard.stop).toBe('end');
  },
};
