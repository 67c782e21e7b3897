import type { Dialect } from '../dialect.ts';
import { OPENAI } from '../openai/dialect.ts';

export const BEDROCK: Dialect = { ...OPENAI, name: 'bedrock' };
