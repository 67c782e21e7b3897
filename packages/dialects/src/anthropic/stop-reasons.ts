import type { Choice, StopReason } from '../canonical/answer.ts';
import type { JsonObject } from '../openai/accumulate.ts';

const READ: ReadonlyMap<string, StopReason> = new Map<string, StopReason>([
  ['end_turn', 'end'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  // A long turn with tools that run there was broken off, to be gone on with.
  ['pause_turn', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
]);

const WRITTEN: Readonly<Record<StopReason, string>> = {
  end: 'end_turn',
  stop: 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  // Whoever withheld it, this wire has one word for an answer that was not given.
  filtered: 'refusal',
  refusal: 'refusal',
};

type Ending = Pick<Choice, 'stop' | 'stopSequence'>;

/** A reason that is not known yet is taken for an ordinary end: the answer is whole as far as anybody says. */
export function readEnding(reason: string, sequence: unknown): Ending {
  const stop = READ.get(reason) ?? 'end';
  return { stop, ...(stop === 'stop' && typeof sequence === 'string' ? { stopSequence: sequence } : {}) };
}

/** `refused`: the answer has words by which the model declined, and other wires have no stop reason for that. */
export function writeEnding({ stop, stopSequence }: Ending, refused: boolean): JsonObject {
  const reason = refused && stop === 'end' ? 'refusal' : WRITTEN[stop];
  return {
    stop_reason: reason,
    stop_sequence: stopSequence ?? null,
    stop_details: reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
  };
}
