import type { Dialect } from '../dialect.ts';
import { OPENAI } from '../openai/dialect.ts';

export const RESPONSES: Dialect = { ...OPENAI, name: 'responses' };
