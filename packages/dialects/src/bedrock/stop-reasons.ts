import type { StopReason } from '../canonical/answer.ts';
import { isObject } from '../openai/accumulate.ts';

/** Where an answer tells which of the stop sequences it came to, if it is asked to. */
export const STOP_SEQUENCE_PATH = '/stop_sequence';

const READ: ReadonlyMap<unknown, StopReason> = new Map<unknown, StopReason>([
  ['end_turn', 'end'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['content_filtered', 'filtered'],
  ['guardrail_intervened', 'filtered'],
  ['refusal', 'refusal'],
]);

/** A reason that is not known, or that only says how badly the model put it, ends an answer like any other. */
function readStop(word: unknown): StopReason {
  return READ.get(word) ?? 'end';
}

const WRITTEN: Readonly<Record<StopReason, string>> = {
  end: 'end_turn',
  stop: 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  filtered: 'content_filtered',
  // There is no word for a model that declined by itself; programs that look for either find this one.
  refusal: 'content_filtered',
};

function writeStop(stop: StopReason): string {
  return WRITTEN[stop];
}

export interface Ending {
  readonly stop: StopReason;
  readonly stopSequence?: string;
}

/** Of a whole answer, or of the event that stops a streamed one: both have the same members. */
export function readEnding(told: Readonly<Record<string, unknown>>): Ending {
  const stop = readStop(told['stopReason']);
  const fields = told['additionalModelResponseFields'];
  const sequence = isObject(fields) ? fields['stop_sequence'] : undefined;
  return typeof sequence === 'string' ? { stop, stopSequence: sequence } : { stop };
}

/** `request`: the client's body, which says whether it wants to know the sequence. */
export function writeEnding({ stop, stopSequence }: Ending, request: Readonly<Record<string, unknown>>): object {
  const wanted = request['additionalModelResponseFieldPaths'];
  const told = stopSequence !== undefined && Array.isArray(wanted) && wanted.includes(STOP_SEQUENCE_PATH);
  return {
    stopReason: writeStop(stop),
    ...(told ? { additionalModelResponseFields: { stop_sequence: stopSequence } } : {}),
  };
}
