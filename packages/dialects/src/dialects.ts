import type { Dialect, DialectName } from './dialect.ts';
import { GROQ } from './groq/dialect.ts';
import { OPENAI } from './openai/dialect.ts';

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = { openai: OPENAI, groq: GROQ };
