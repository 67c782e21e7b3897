import type { Dialect } from '../dialect.ts';
import { SSE } from '../sse/form.ts';
import { anthropicProblem, anthropicStreamProblem } from './errors.ts';
import { anthropicLimitHeaders } from './limit-headers.ts';
import { anthropicModel, anthropicModelList } from './models.ts';
import { anthropicServedWord, ANTHROPIC_TIER_WORDS, ANTHROPIC_TIERS } from './tiers.ts';

export const ANTHROPIC: Dialect = {
  name: 'anthropic',
  tierWords: ANTHROPIC_TIER_WORDS,
  tiers: ANTHROPIC_TIERS,
  problem: anthropicProblem,
  streamProblem: anthropicStreamProblem,
  streams: SSE,
  servedWord: anthropicServedWord,
  limitHeaders: anthropicLimitHeaders,
  requestIdHeader: 'request-id',
  modelObject: anthropicModel,
  modelList: anthropicModelList,
};
