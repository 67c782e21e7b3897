import { isEmpty, rawText, readBoolean, readNumber, readString } from './read.ts';
import type { JsonKind, Member, Scan } from './scan.ts';

/** Longer than any model's name or path; it is a label in metrics and a column in the ledger. */
export const modelBytesMax = 256;

/** What a client's wrong value is quoted up to in an answer. */
const quoteCharsMax = 64;

/** A value that routing needs is not what it must be. */
export class Refused extends Error {
  readonly param: string;

  constructor(param: string, detail: string) {
    super(detail);
    this.param = param;
  }
}

/**
 * Parsers differ in which of two equal names they keep. A member that decides on model, tier or size must not mean one thing
 * here and another in the engine.
 */
export function refuseContradictions<N extends string>(body: Buffer, scan: Scan<N>, routed: readonly N[]): void {
  for (const name of scan.duplicates) {
    if (!routed.includes(name)) continue;
    const last = scan.members[name]!;
    for (let twin = last.earlier; twin !== undefined; twin = twin.earlier) {
      if (sameValue(body, last, twin)) continue;
      throw new Refused(name, `it is given more than once, with different values; give it once`);
    }
  }
}

function sameValue(body: Buffer, a: Member, b: Member): boolean {
  if (body.compare(body, a.start, a.end, b.start, b.end) === 0) return true;
  return a.kind === 'string' && b.kind === 'string' && readString(body, a) === readString(body, b);
}

export function modelOf(body: Buffer, member: Member | undefined): string {
  if (member === undefined) throw new Refused('model', 'it is missing; name the model that should answer');
  if (member.kind !== 'string') throw mistyped(body, 'model', member, 'a string');
  if (member.end - member.start - 2 > modelBytesMax) {
    throw new Refused('model', `a model's name has at most ${modelBytesMax} bytes`);
  }
  const model = stringOf(body, 'model', member);
  if (model === '') throw new Refused('model', 'it is empty; name the model that should answer');
  return model;
}

/** Null says nothing. */
export function wordOf(body: Buffer, param: string, member: Member | undefined): string | null | undefined {
  if (member === undefined) return undefined;
  if (member.kind === 'null') return null;
  if (member.kind !== 'string') throw mistyped(body, param, member, 'a string or null');
  return stringOf(body, param, member);
}

/** The member that holds a prompt. */
export function required(body: Buffer, param: string, member: Member | undefined, kinds: readonly JsonKind[]): Member {
  const allowed = kinds.map((kind) => (kind === 'array' ? 'an array that is not empty' : `a ${kind}`)).join(' or ');
  if (member === undefined) throw new Refused(param, `it is missing; ${allowed} is required`);
  if (!kinds.includes(member.kind)) throw mistyped(body, param, member, allowed);
  if (member.kind === 'array' && isEmpty(body, member))
    throw new Refused(param, `it is an empty array; ${allowed} is required`);
  return member;
}

export function flagOf(body: Buffer, param: string, member: Member | undefined): boolean {
  if (member === undefined || member.kind === 'null') return false;
  if (member.kind !== 'boolean') throw mistyped(body, param, member, 'true, false or null');
  return readBoolean(body, member);
}

export function countOf(body: Buffer, param: string, member: Member | undefined, min: number): number | undefined {
  if (member === undefined || member.kind === 'null') return undefined;
  const value = member.kind === 'number' ? readNumber(body, member) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw mistyped(body, param, member, `a whole number from ${min} on, or null`);
  }
  return value;
}

function stringOf(body: Buffer, param: string, member: Member): string {
  const value = readString(body, member);
  if (value === undefined) throw new Refused(param, 'it is a string with an invalid escape or a control character');
  return value;
}

export function mistyped(body: Buffer, param: string, member: Member, allowed: string): Refused {
  return new Refused(param, `${received(body, member)} is not allowed here; it must be ${allowed}`);
}

/** Containers are named, scalars quoted. */
function received(body: Buffer, member: Member): string {
  if (member.kind === 'object' || member.kind === 'array') return `an ${member.kind}`;
  const text = rawText(body, member);
  return text.length > quoteCharsMax ? `a ${member.kind} of ${text.length} characters` : text;
}
