import type { Codec } from '../../codec.ts';
import { chatExtrasOf } from '../charged-tools.ts';
import { usageOf } from '../usage.ts';
import { decodeChatAnswer } from './answer-decode.ts';
import { encodeChatAnswer } from './answer-encode.ts';
import { readAnswerFacts } from './answer-facts.ts';
import { readChatFailure } from './failure.ts';
import { ENGINE_TARGET, type ChatFlavour } from './flavour.ts';
import { readChatLimits } from './limits.ts';
import { CHAT_PARAMS } from './params.ts';
import { parseOpenai } from './parse.ts';
import { decodeChatRequest } from './request-decode.ts';
import { encodeChatRequest } from './request-encode.ts';
import { ChatStreamDecoder } from './stream-decode.ts';
import { ChatStreamEncoder } from './stream-encode.ts';
import { ChatStreamWatcher } from './stream-watch.ts';
import { readChat } from './wire-request.ts';

/** The chat completions wire, as one provider speaks it. */
export function chatCodec(flavour: ChatFlavour): Codec {
  return {
    name: flavour.name,
    parse: parseOpenai,
    read: (body) => readChat(body, flavour.target),
    decodeRequest: (body) => decodeChatRequest(body, flavour),
    encodeAnswer: (answer, as) => encodeChatAnswer(answer, as, flavour),
    streamEncoder: (as, wish) => new ChatStreamEncoder(as, wish, flavour),
    paramOf: (feature) => flavour.params[feature] ?? CHAT_PARAMS[feature],
    encodeRequest: (request, to) => encodeChatRequest(request, to, to.engine === true ? ENGINE_TARGET : flavour.target),
    decodeAnswer: decodeChatAnswer,
    streamDecoder: () => new ChatStreamDecoder(),
    streamWatcher: () => new ChatStreamWatcher(),
    answerFacts: (body) => readAnswerFacts(body, usageOf, chatExtrasOf),
    readFailure: readChatFailure,
    readLimits: readChatLimits,
    askWord: (tier) => flavour.askWords[tier],
    servedTier: (word) => {
      const tier = word === undefined ? undefined : flavour.tiers.get(word);
      return tier === 'auto' ? undefined : tier;
    },
  };
}
