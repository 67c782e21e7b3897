import { ANTHROPIC_UPSTREAM } from './anthropic.ts';
import { BEDROCK_UPSTREAM } from './bedrock.ts';
import { GEMINI_UPSTREAM } from './gemini.ts';
import { GROQ_UPSTREAM } from './groq.ts';
import { OPENAI_RESPONSES } from './openai-responses.ts';
import { OPENAI_CHAT } from './openai.ts';
import type { Upstream } from './upstream.ts';

/** In the order of the table's columns. */
export const UPSTREAMS: readonly Upstream[] = [
  OPENAI_CHAT,
  OPENAI_RESPONSES,
  GROQ_UPSTREAM,
  GEMINI_UPSTREAM,
  ANTHROPIC_UPSTREAM,
  BEDROCK_UPSTREAM,
];
