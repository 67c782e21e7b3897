import type { Provider } from '../provider.ts';
import { ANTHROPIC_FAULTS } from './anthropic.ts';
import { BEDROCK_FAULTS } from './bedrock.ts';
import { GEMINI_FAULTS } from './gemini.ts';
import { GROQ_FAULTS } from './groq.ts';
import { OPENAI_FAULTS } from './openai.ts';

export const PROVIDERS: readonly Provider[] = [
  OPENAI_FAULTS,
  GROQ_FAULTS,
  GEMINI_FAULTS,
  ANTHROPIC_FAULTS,
  BEDROCK_FAULTS,
];
