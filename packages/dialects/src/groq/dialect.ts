import type { Dialect } from '../dialect.ts';
import { groqProblem, groqStreamProblem } from './errors.ts';
import { groqLimitHeaders } from './limit-headers.ts';
import { groqServedWord, GROQ_TIER_WORDS } from './tiers.ts';

export const GROQ: Dialect = {
  name: 'groq',
  tierWords: GROQ_TIER_WORDS,
  problem: groqProblem,
  streamProblem: groqStreamProblem,
  servedWord: groqServedWord,
  limitHeaders: groqLimitHeaders,
};
