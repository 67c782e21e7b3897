import { Unsupported } from './feature.ts';
import type { CanonicalRequest, Message } from './request.ts';

/**
 * What a target makes of a last message of the assistant that is text.
 * - `goes-on`: always the beginning of its answer;
 * - `told`: the beginning of its answer where it is told so, else history;
 * - `answers`: history, always.
 */
export type LastWord = 'goes-on' | 'told' | 'answers';

/** Only text can be gone on with: calls wait for their results, and thoughts are over before the answer. */
export function endsWithText(messages: readonly Message[]): boolean {
  const last = messages.at(-1);
  const part = last?.parts.at(-1);
  return last?.role === 'assistant' && part?.kind === 'text' && last.parts.every(({ kind }) => kind !== 'tool-call');
}

/** For readers of wires on which a last message of the assistant is always the beginning of the answer. */
export function begun(messages: readonly Message[]): Pick<CanonicalRequest, 'continues'> {
  return endsWithText(messages) ? { continues: true } : {};
}

/** Throws `Unsupported` where the target would take the last message for what it is not. */
export function checkLastWord({ messages, continues }: CanonicalRequest, target: LastWord): void {
  if (continues === true) {
    if (target !== 'answers') return;
    throw new Unsupported('prefill', 'that answers a last message of the assistant, and does not go on with it');
  }
  if (target === 'goes-on' && endsWithText(messages)) {
    throw new Unsupported('message-order', 'that goes on with a last message of the assistant, and does not answer it');
  }
}
