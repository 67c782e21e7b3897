import type { Codec } from '../codec.ts';
import { decodeGeminiAnswer } from './answer-decode.ts';
import { encodeGeminiAnswer } from './answer-encode.ts';
import { readAnswerFacts } from './answer-facts.ts';
import { readGeminiFailure } from './failure.ts';
import { parseGemini } from './parse.ts';
import { geminiParam } from './params.ts';
import { decodeGeminiRequest } from './request-decode.ts';
import { encodeGeminiRequest } from './request-encode.ts';
import { readGeminiRequest } from './request-read.ts';
import { GeminiStreamDecoder } from './stream-decode.ts';
import { GeminiStreamEncoder } from './stream-encode.ts';
import { GeminiStreamWatcher } from './stream-watch.ts';
import { geminiAskWord, geminiServedTier } from './tiers.ts';

/** `generateContent` of the Gemini Developer API. */
export const GEMINI_CODEC: Codec = {
  name: 'gemini',
  parse: parseGemini,
  read: readGeminiRequest,
  decodeRequest: decodeGeminiRequest,
  encodeAnswer: encodeGeminiAnswer,
  streamEncoder: (as) => new GeminiStreamEncoder(as),
  paramOf: geminiParam,
  encodeRequest: encodeGeminiRequest,
  decodeAnswer: decodeGeminiAnswer,
  streamDecoder: (headers) => new GeminiStreamDecoder(headers),
  streamWatcher: (headers) => new GeminiStreamWatcher(headers),
  answerFacts: readAnswerFacts,
  readFailure: readGeminiFailure,
  // What is left of the account's limits is told nowhere.
  readLimits: () => null,
  askWord: geminiAskWord,
  servedTier: geminiServedTier,
};
