import type { Dialect } from '../dialect.ts';
import { SSE } from '../sse/form.ts';
import { geminiProblem, geminiStreamProblem } from './errors.ts';
import { geminiLimitHeaders } from './limit-headers.ts';
import { geminiModel, geminiModelList } from './models.ts';
import { geminiServedWord, GEMINI_TIER_WORDS, GEMINI_TIERS } from './tiers.ts';

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
  tierHeader: 'x-gemini-service-tier',
  modelObject: geminiModel,
  modelList: geminiModelList,
};
