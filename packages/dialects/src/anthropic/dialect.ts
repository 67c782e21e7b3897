import type { Dialect } from '../dialect.ts';
import { OPENAI } from '../openai/dialect.ts';

export const ANTHROPIC: Dialect = { ...OPENAI, name: 'anthropic' };
