import type { Codec } from '../codec.ts';
import { decodeConverseAnswer } from './answer-decode.ts';
import { encodeConverseAnswer } from './answer-encode.ts';
import { converseFacts } from './answer-facts.ts';
import { readBedrockFailure } from './failure.ts';
import { parseWire } from '../json/exact.ts';
import { readInvoke } from './invoke/request-read.ts';
import { CONVERSE_PARAMS } from './params.ts';
import { decodeConverse } from './request-decode.ts';
import { encodeConverse } from './request-encode.ts';
import { readConverse } from './request-read.ts';
import { ConverseStreamDecoder } from './stream-decode.ts';
import { ConverseStreamEncoder } from './stream-encode.ts';
import { ConverseStreamWatcher } from './stream-watch.ts';
import { bedrockAskWord, bedrockServedTier } from './tiers.ts';

/** Members whose values are other people's JSON. */
const OTHERS: ReadonlySet<string> = new Set(['input', 'json', 'schema']);

/** Converse and ConverseStream. What InvokeModel has of its own is `invokeCodec`. */
export const BEDROCK_CODEC: Codec = {
  name: 'bedrock',
  parse: (text) => parseWire(text, OTHERS),
  read: (body, path) => (path.invoke === true ? readInvoke(body, path) : readConverse(body, path)),
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
