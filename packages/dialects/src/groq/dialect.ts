import type { Dialect } from '../dialect.ts';
import { SSE } from '../sse/form.ts';
import { groqProblem, groqStreamProblem } from './errors.ts';
import { groqLimitHeaders } from './limit-headers.ts';
import { groqModel, groqModelList } from './models.ts';
import { groqServedWord, GROQ_TIER_WORDS, GROQ_TIERS } from './tiers.ts';

export const GROQ: Dialect = {
  name: 'groq',
  tierWords: GROQ_TIER_WORDS,
  tiers: GROQ_TIERS,
  problem: groqProblem,
  streamProblem: groqStreamProblem,
  streams: SSE,
  servedWord: groqServedWord,
  limitHeaders: groqLimitHeaders,
  requestIdHeader: 'x-request-id',
  modelObject: groqModel,
  modelList: groqModelList,
};
