import { ANTHROPIC } from './anthropic.ts';
import { BEDROCK } from './bedrock.ts';
import { GEMINI } from './gemini.ts';
import { GROQ } from './groq.ts';
import type { Mount } from './mount.ts';
import { OPENAI } from './openai.ts';
import { RESPONSES } from './responses.ts';

/** In the order of the table's rows. */
export const MOUNTS: readonly Mount[] = [OPENAI, RESPONSES, GROQ, GEMINI, ANTHROPIC, BEDROCK];
