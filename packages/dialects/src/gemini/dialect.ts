import type { Dialect } from '../dialect.ts';
import { SSE } from '../sse/form.ts';
import { geminiProblem, geminiStreamProblem } from './errors.ts';
import { geminiLimitHeaders } from './limit-headers.ts';
import { geminiModel, geminiModelList } from './models.ts';
import { geminiServedWord, GEMINI_TIER_WORDS, GEMINI_TIERS, TIER_HEADER } from './tiers.ts';

export const GEMINI: Dialect = {
  name: 'gemini',
  tierWords: GEMINI_TIER_WORDS,
  tiers: GEMINI_TIERS,
  problem: geminiProblem,
  streamProblem: geminiStreamProblem,
  streams: SSE,
  servedWord: geminiServedWord,
  limitHeaders: geminiLimitHeaders,
  requestIdHeader: 'x-request-id',
  tierHeader: TIER_HEADER,
  modelObject: geminiModel,
  modelList: geminiModelList,
};
