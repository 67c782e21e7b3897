import type { Dialect } from '../dialect.ts';
import { OPENAI } from '../openai/dialect.ts';

export const GEMINI: Dialect = { ...OPENAI, name: 'gemini' };
