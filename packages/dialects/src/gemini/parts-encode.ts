import type { AnswerPart } from '../canonical/answer.ts';
import type { OpaqueState, Part } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { MADE_ELSEWHERE, signatureOf } from './signature.ts';

/** Thoughts, and the text that a model says: what a request's history and an answer have in common. */
type SaidPart = Exclude<AnswerPart, { kind: 'tool-call' }> | Extract<Part, { kind: 'text' | 'refusal' | 'reasoning' }>;

/** Which signature a state becomes; undefined where the reader has no use for it. */
export type Sign = (state: OpaqueState) => string | undefined;

/**
 * Writes a part behind the others of its content. That words were a refusal is not told on this wire; the words are. A signature that
 * stands alone goes to the text before it, where the wire has it when nothing is streamed.
 */
export function addSaid(to: JsonObject[], part: SaidPart, sign: Sign): void {
  if (part.kind !== 'reasoning') {
    if (part.text !== '') to.push({ text: part.text });
    return;
  }
  const signature = part.state === undefined ? undefined : sign(part.state);
  // State of another provider, without which these thoughts are nothing.
  if (part.state !== undefined && signature === undefined) return;
  if (part.text !== '') {
    to.push({ text: part.text, thought: true, ...(signature === undefined ? {} : { thoughtSignature: signature }) });
    return;
  }
  if (signature === undefined) return;
  const last = to.at(-1);
  if (last?.['text'] !== undefined && last['thought'] === undefined && last['thoughtSignature'] === undefined) {
    last['thoughtSignature'] = signature;
  } else to.push({ text: '', thoughtSignature: signature });
}

export function callPart(id: string, name: string, args: JsonObject, signature: string | undefined): JsonObject {
  return { functionCall: { id, name, args }, ...(signature === undefined ? {} : { thoughtSignature: signature }) };
}

/** A call of an answer. The first of those that were made together is signed, as Gemini's own are. */
export function answeredCall(
  { id, name, state }: { readonly id: string; readonly name: string; readonly state?: OpaqueState | undefined },
  args: JsonObject,
  isFirst: boolean,
): JsonObject {
  const standIn = isFirst ? MADE_ELSEWHERE : undefined;
  return callPart(id, name, args, state === undefined ? standIn : signatureOf(state));
}
