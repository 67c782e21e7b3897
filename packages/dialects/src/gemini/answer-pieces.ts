import { Garbled } from '../canonical/feature.ts';
import type { OpaqueState } from '../canonical/request.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { stateOf } from './signature.ts';

/** What a candidate says, in an answer or in a chunk of one. */
export type Piece =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string }
  /** Belongs to the thoughts before it, or stands alone. */
  | { readonly kind: 'state'; readonly state: OpaqueState }
  | {
      readonly kind: 'call';
      readonly id: string | undefined;
      readonly name: string;
      readonly input: string;
      readonly state?: OpaqueState;
    };

/** What only answers to requests have that are never translated. */
const FOREIGN = [
  'inlineData',
  'fileData',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
];

export function piecesOf(candidate: JsonObject): Piece[] {
  const content = candidate['content'];
  const parts = isObject(content) ? content['parts'] : undefined;
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part) => (isObject(part) ? pieces(part) : []));
}

function pieces(part: JsonObject): Piece[] {
  const { text, thought, thoughtSignature: signature, functionCall: call } = part;
  const foreign = FOREIGN.find((name) => part[name] !== undefined && part[name] !== null);
  if (foreign !== undefined) throw new Garbled(`the answer has a part of ${foreign}, which nobody asked for`);
  const state = typeof signature === 'string' ? stateOf(signature) : undefined;
  if (isObject(call)) return [callPiece(call, state)];
  const found: Piece[] = [];
  if (typeof text === 'string' && text !== '') found.push({ kind: thought === true ? 'reasoning' : 'text', text });
  if (state !== undefined) found.push({ kind: 'state', state });
  return found;
}

function callPiece(call: JsonObject, state: OpaqueState | undefined): Piece {
  const { id, name, args } = call;
  if (typeof name !== 'string' || name === '') throw new Garbled('a function call does not name its function');
  return {
    kind: 'call',
    id: typeof id === 'string' && id !== '' ? id : undefined,
    name,
    input: JSON.stringify(isObject(args) ? args : {}),
    ...(state === undefined ? {} : { state }),
  };
}

/** Longer than the ids that Google gives its answers; with it a call's id stays below the 40 characters that OpenAI allows. */
const responseCharsMax = 24;

/**
 * Older models give their calls no ids. One that is made of the answer's own id is another one in the next turn of the conversation,
 * which some wires insist on.
 */
export function callIdOf(given: string | undefined, responseId: string | undefined, index: number): string {
  if (given !== undefined) return given;
  const response = (responseId ?? '').replace(/[^A-Za-z0-9]/g, '').slice(0, responseCharsMax);
  return response === '' ? `call_${index}` : `call_${response}_${index}`;
}
