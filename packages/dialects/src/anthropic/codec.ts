import type { Codec } from '../codec.ts';
import { parseAnthropic } from './parse.ts';
import { decodeAnthropicAnswer } from './answer-decode.ts';
import { encodeAnthropicAnswer } from './answer-encode.ts';
import { readAnthropicFacts } from './answer-facts.ts';
import { readAnthropicFailure } from './failure.ts';
import { readAnthropicLimits } from './limits.ts';
import { ANTHROPIC_PARAMS } from './params.ts';
import { decodeAnthropicRequest } from './request-decode.ts';
import { encodeAnthropicRequest } from './request-encode.ts';
import { readAnthropicRequest } from './request-read.ts';
import { AnthropicStreamDecoder } from './stream-decode.ts';
import { AnthropicStreamEncoder } from './stream-encode.ts';
import { AnthropicStreamWatcher } from './stream-watch.ts';
import { anthropicAskWord, anthropicServedTier } from './tiers.ts';

export const ANTHROPIC_CODEC: Codec = {
  name: 'anthropic',
  parse: parseAnthropic,
  read: readAnthropicRequest,
  decodeRequest: decodeAnthropicRequest,
  encodeAnswer: encodeAnthropicAnswer,
  streamEncoder: (as, wish) => new AnthropicStreamEncoder(as, wish),
  paramOf: (feature) => ANTHROPIC_PARAMS[feature],
  encodeRequest: encodeAnthropicRequest,
  decodeAnswer: decodeAnthropicAnswer,
  streamDecoder: () => new AnthropicStreamDecoder(),
  streamWatcher: () => new AnthropicStreamWatcher(),
  answerFacts: readAnthropicFacts,
  readFailure: readAnthropicFailure,
  readLimits: readAnthropicLimits,
  askWord: anthropicAskWord,
  servedTier: anthropicServedTier,
};
