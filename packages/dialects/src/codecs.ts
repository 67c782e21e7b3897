import { ANTHROPIC_CODEC } from './anthropic/codec.ts';
import { BEDROCK_CODEC } from './bedrock/codec.ts';
import type { Codec } from './codec.ts';
import type { DialectName } from './dialect.ts';
import { GEMINI_CODEC } from './gemini/codec.ts';
import { GROQ_CODEC } from './groq/codec.ts';
import { OPENAI_CODEC } from './openai/codec.ts';
import { RESPONSES_CODEC } from './responses/codec.ts';

export const CODECS: Readonly<Record<DialectName, Codec>> = {
  openai: OPENAI_CODEC,
  responses: RESPONSES_CODEC,
  groq: GROQ_CODEC,
  gemini: GEMINI_CODEC,
  anthropic: ANTHROPIC_CODEC,
  bedrock: BEDROCK_CODEC,
};
