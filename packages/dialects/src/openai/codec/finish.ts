import type { AnswerPart, Choice, StopReason } from '../../canonical/answer.ts';

const READ: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'filtered',
};

export interface Ending {
  readonly stop: StopReason;
  readonly stopSequence?: string;
}

/**
 * Why an answer ended. `finish` alone does not tell a refusal from an answer, and it says `stop` where a tool was demanded by name.
 * `stopReason` is vLLM's: the sequence that it came to, or a token's number. A reason that nobody knows is an engine's own way to be done.
 */
export function readEnding(finish: unknown, stopReason: unknown, said: ReadonlySet<AnswerPart['kind']>): Ending {
  const stop = (typeof finish === 'string' && Object.hasOwn(READ, finish) ? READ[finish] : undefined) ?? 'end';
  if (stop !== 'end') return { stop };
  if (said.has('tool-call')) return { stop: 'tool-calls' };
  if (said.has('refusal')) return { stop: 'refusal' };
  if (typeof stopReason === 'string' && stopReason !== '') return { stop: 'stop', stopSequence: stopReason };
  return { stop };
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** A model that declined in words of its own stopped by itself; one that was cut off was filtered. */
export function finishReason(stop: StopReason, said: ReadonlySet<AnswerPart['kind']>): FinishReason {
  switch (stop) {
    case 'end':
    case 'stop':
      return 'stop';
    case 'length':
      return 'length';
    case 'tool-calls':
      return 'tool_calls';
    case 'filtered':
      return 'content_filter';
    case 'refusal':
      return said.has('refusal') ? 'stop' : 'content_filter';
  }
}

export function kindsOf(choice: Pick<Choice, 'parts'>): ReadonlySet<AnswerPart['kind']> {
  return new Set(choice.parts.map((part) => part.kind));
}
