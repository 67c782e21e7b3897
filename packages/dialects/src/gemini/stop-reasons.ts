import type { StopReason } from '../canonical/answer.ts';

/** An answer that would go on in another request is as much cut off as one that reached its bound. */
const READ: ReadonlyMap<string, StopReason> = new Map([
  ['STOP', 'end'],
  ['FINISH_REASON_UNSPECIFIED', 'end'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
]);

/**
 * A candidate that calls tools stops like any other. All other reasons, the unknown ones too, are of one kind: what the model would have
 * said was withheld, be it unsafe, recited, or a call that makes no sense.
 */
export function readStop(reason: unknown, calls: number): StopReason {
  const stop = typeof reason === 'string' ? (READ.get(reason) ?? 'filtered') : 'end';
  return stop === 'end' && calls > 0 ? 'tool-calls' : stop;
}

const WRITTEN: Readonly<Record<StopReason, string>> = {
  end: 'STOP',
  stop: 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  filtered: 'SAFETY',
  refusal: 'SAFETY',
};

/** A call whose arguments are no object is quoted up to here. */
const quoteCharsMax = 2_000;

export interface Finish {
  readonly finishReason: string;
  readonly finishMessage?: string;
}

/** `malformed`: calls that could not be written, because the wire has arguments as objects; Google leaves such calls out as well. */
export function writeFinish(stop: StopReason, malformed: readonly string[]): Finish {
  const finishReason = WRITTEN[stop];
  if (malformed.length === 0) return { finishReason };
  const finishMessage = `Malformed function call: ${malformed.join('; ').slice(0, quoteCharsMax)}`;
  return { finishReason: stop === 'length' ? finishReason : 'MALFORMED_FUNCTION_CALL', finishMessage };
}
