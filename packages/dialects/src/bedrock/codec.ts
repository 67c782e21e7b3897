import type { Codec } from '../codec.ts';
import { decodeConverseAnswer } from './answer-decode.ts';
import { encodeConverseAnswer } from './answer-encode.ts';
import { converseFacts } from './answer-facts.ts';
import { readBedrockFailure } from './failure.ts';
import { CONVERSE_PARAMS } from './params.ts';
import { decodeConverse } from './request-decode.ts';
import { encodeConverse } from './request-encode.ts';
import { readConverse } from './request-read.ts';
import { ConverseStreamDecoder } from './stream-decode.ts';
import { ConverseStreamEncoder } from './stream-encode.ts';
import { ConverseStreamWatcher } from './stream-watch.ts';
import { bedrockAskWord, bedrockServedTier } from './tiers.ts';

/** Converse and ConverseStream. For InvokeModel see `invoke/`. */
export const BEDROCK_CODEC: Codec = {
  name: 'bedrock',
  read: readConverse,
  decodeRequest: decodeConverse,
  encodeAnswer: encodeConverseAnswer,
  streamEncoder: (as, wish) => new ConverseStreamEncoder(as, wish),
  paramOf: (feature) => CONVERSE_PARAMS[feature],
  encodeRequest: encodeConverse,
  decodeAnswer: decodeConverseAnswer,
  streamDecoder: () => new ConverseStreamDecoder(),
  streamWatcher: () => new ConverseStreamWatcher(),
  answerFacts: converseFacts,
  readFailure: readBedrockFailure,
  // Nothing is published of what is left.
  readLimits: () => null,
  askWord: bedrockAskWord,
  servedTier: bedrockServedTier,
};
