import type { Codec } from '../codec.ts';
import { readAnswerFacts } from '../openai/codec/answer-facts.ts';
import { readChatFailure } from '../openai/codec/failure.ts';
import { readChatLimits } from '../openai/codec/limits.ts';
import { parseOpenai } from '../openai/codec/parse.ts';
import { OPENAI_CODEC } from '../openai/codec.ts';
import { decodeResponsesAnswer } from './answer-decode.ts';
import { encodeResponsesAnswer } from './answer-encode.ts';
import { responsesParam } from './params.ts';
import { decodeResponsesRequest } from './request-decode.ts';
import { encodeResponsesRequest } from './request-encode.ts';
import { readResponsesRequest } from './request-read.ts';
import { ResponsesStreamDecoder } from './stream-decode.ts';
import { ResponsesStreamEncoder } from './stream-encode.ts';
import { ResponsesStreamWatcher } from './stream-watch.ts';
import { RESPONSES_TIERS } from './tiers.ts';
import { extrasOf, responsesUsageOf } from './usage.ts';

export const RESPONSES_CODEC: Codec = {
  name: 'responses',
  parse: parseOpenai,
  read: readResponsesRequest,
  decodeRequest: decodeResponsesRequest,
  encodeAnswer: encodeResponsesAnswer,
  streamEncoder: (as, wish) => new ResponsesStreamEncoder(as, wish),
  paramOf: responsesParam,
  encodeRequest: encodeResponsesRequest,
  decodeAnswer: decodeResponsesAnswer,
  streamDecoder: () => new ResponsesStreamDecoder(),
  streamWatcher: () => new ResponsesStreamWatcher(),
  answerFacts: (body) => readAnswerFacts(body, responsesUsageOf, extrasOf),
  readFailure: readChatFailure,
  readLimits: readChatLimits,
  askWord: (tier) => OPENAI_CODEC.askWord(tier),
  servedTier: (word) => {
    const tier = word === undefined ? undefined : RESPONSES_TIERS.get(word);
    return tier === 'auto' ? undefined : tier;
  },
};
