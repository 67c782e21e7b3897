import type { Dialect } from '../dialect.ts';
import { SSE } from '../sse/form.ts';
import { openaiProblem, openaiStreamProblem } from './errors.ts';
import { openaiLimitHeaders } from './limit-headers.ts';
import { openaiModel, openaiModelList } from './models.ts';
import { openaiServedWord, OPENAI_TIER_WORDS, OPENAI_TIERS } from './tiers.ts';

export const OPENAI: Dialect = {
  name: 'openai',
  tierWords: OPENAI_TIER_WORDS,
  tiers: OPENAI_TIERS,
  problem: openaiProblem,
  streamProblem: openaiStreamProblem,
  streams: SSE,
  servedWord: openaiServedWord,
  limitHeaders: openaiLimitHeaders,
  requestIdHeader: 'x-request-id',
  modelObject: openaiModel,
  modelList: openaiModelList,
};
