import type { Dialect, StreamForm } from '../dialect.ts';
import { bedrockProblem, bedrockStreamProblem } from './errors.ts';
import { frameOf, wholeFrames } from './event-stream/frame.ts';
import { eventHead } from './event-stream/head.ts';
import { bedrockModel, bedrockModelList } from './models.ts';
import { BEDROCK_TIER_WORDS, BEDROCK_TIERS, bedrockServedWord } from './tiers.ts';

/** Readers of event streams skip events of a type that they do not know. */
const STREAMS: StreamForm = {
  contentType: 'application/vnd.amazon.eventstream',
  heartbeat: frameOf(eventHead('keepAlive'), '{}'),
  wholeBytes: wholeFrames,
  mayEnd: () => true,
};

export const BEDROCK: Dialect = {
  name: 'bedrock',
  tierWords: BEDROCK_TIER_WORDS,
  tiers: BEDROCK_TIERS,
  problem: bedrockProblem,
  streamProblem: bedrockStreamProblem,
  streams: STREAMS,
  servedWord: bedrockServedWord,
  // Bedrock publishes nothing of what is left of its limits.
  limitHeaders: () => ({}),
  requestIdHeader: 'x-amzn-requestid',
  modelObject: bedrockModel,
  modelList: bedrockModelList,
};
