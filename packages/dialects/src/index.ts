export type { Problem, WireError } from './problem.ts';
export type {
  Dialect,
  DialectName,
  Extra,
  Operation,
  RequestFacts,
  StreamForm,
  StreamRewriter,
  Usage,
} from './dialect.ts';

export { compileNames, type Names } from './json/names.ts';
export { scanObject, type JsonKind, type Member, type Members, type Scan, type ScanFault } from './json/scan.ts';
export { readBoolean, readNumber, readString } from './json/read.ts';
export { splice, type Edits, type Replacement } from './json/edit.ts';
export { hidesWords } from './json/hidden-words.ts';
export { hasTooManyValues, translatedValuesMax } from './json/values.ts';
export { jsonDepthMax } from './json/skip.ts';

export {
  modelBytesMax,
  readRequest,
  type PostOperation,
  type ReadRequest,
  type RequestName,
  type RequestRead,
  type RequestScan,
} from './openai/request.ts';

export { assistantIsLast } from './openai/continuation.ts';
export { readAnswer, type AnswerRead } from './openai/answer.ts';
export { AnswerTooLarge, collectedCharsMax, StreamCollector, usageOverRuns } from './openai/collect.ts';
export { continueRequest, type ContinueStyle, type Emitted } from './openai/resume.ts';
export type { ModelInfo } from './openai/models.ts';
export { KeptAnswer } from './openai/kept-answer.ts';
export { StreamRelay } from './openai/stream-relay.ts';
export { usageOf } from './openai/usage.ts';
export { eventData, eventEnd } from './sse/frame.ts';
export { EVENT_BYTES_MAX, EventTooLarge, SseReader } from './sse/reader.ts';
export { Unfinished } from './sse/unfinished.ts';

export { DIALECTS } from './dialects.ts';
export { GEMINI_ARRAY } from './gemini/array-dialect.ts';
export { accountObjectIn } from './account-objects.ts';
export { CODECS } from './codecs.ts';
export { invokeCodec } from './bedrock/invoke/codec.ts';
export type * from './codec.ts';
export type * from './canonical/answer.ts';
export type { CanonicalRequest } from './canonical/request.ts';
export { FEATURES, Garbled, Undecodable, Unsupported, type Feature } from './canonical/feature.ts';
export { answerOfItem, ownItemId } from './responses/item-ids.ts';
export { lookedUpItems } from './responses/looked-up-items.ts';
export { resolveTierWord } from './words/tier-word.ts';
export { goDuration } from './words/duration.ts';
export { unattendedRetryMsMax } from './words/retry.ts';
