import type { Dialect } from '../dialect.ts';
import { openaiProblem, openaiStreamProblem } from './errors.ts';
import { openaiLimitHeaders } from './limit-headers.ts';
import { openaiServedWord, OPENAI_TIER_WORDS } from './tiers.ts';

export const OPENAI: Dialect = {
  name: 'openai',
  tierWords: OPENAI_TIER_WORDS,
  problem: openaiProblem,
  streamProblem: openaiStreamProblem,
  servedWord: openaiServedWord,
  limitHeaders: openaiLimitHeaders,
};
