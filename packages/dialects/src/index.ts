export type { Problem, WireError } from './problem.ts';
export type { Dialect, DialectName, Operation, RequestFacts, Usage } from './dialect.ts';

export { compileNames, type Names } from './json/names.ts';
export { scanObject, type JsonKind, type Member, type Members, type Scan, type ScanFault } from './json/scan.ts';
export { readBoolean, readNumber, readString } from './json/read.ts';
export { splice, type Edits, type Replacement } from './json/edit.ts';
export { jsonDepthMax } from './json/skip.ts';

export {
  modelBytesMax,
  readRequest,
  type PostOperation,
  type RequestName,
  type RequestRead,
  type RequestScan,
} from './openai/request.ts';

export { DIALECTS } from './dialects.ts';
export { resolveTierWord } from './words/tier-word.ts';
export { goDuration } from './words/duration.ts';
export { unattendedRetryMsMax } from './words/retry.ts';
