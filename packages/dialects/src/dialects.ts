import { ANTHROPIC } from './anthropic/dialect.ts';
import { BEDROCK } from './bedrock/dialect.ts';
import type { Dialect, DialectName } from './dialect.ts';
import { GEMINI } from './gemini/dialect.ts';
import { GROQ } from './groq/dialect.ts';
import { OPENAI } from './openai/dialect.ts';
import { RESPONSES } from './responses/dialect.ts';

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  openai: OPENAI,
  responses: RESPONSES,
  groq: GROQ,
  gemini: GEMINI,
  anthropic: ANTHROPIC,
  bedrock: BEDROCK,
};
