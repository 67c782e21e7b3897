import type { Member } from './scan.ts';
import { CLOSE_BRACE, OPEN_BRACKET, QUOTE, skipSpace, skipSpaceBack } from './skip.ts';

/** The value's own text. */
export function rawText(body: Buffer, member: Member): string {
  return body.toString('utf8', member.start, member.end);
}

/** The string's value, or undefined where JSON.parse refuses what stands inside the quotes. */
export function readString(body: Buffer, member: Member): string | undefined {
  const text = rawText(body, member);
  // Nothing to decode in most strings; control characters are what else JSON.parse would refuse.
  if (isPlain(text)) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

function isPlain(text: string): boolean {
  for (let i = 1; i < text.length - 1; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 32 || unit === 92) return false;
  }
  return true;
}

export function readNumber(body: Buffer, member: Member): number {
  return Number(rawText(body, member));
}

export function readBoolean(body: Buffer, member: Member): boolean {
  return body[member.start] === 116;
}

/** Where an array's last element stands, or undefined when it has none. */
export function lastElement(body: Buffer, array: Member): { readonly start: number; readonly end: number } | undefined {
  const start = skipSpace(body, (array.lastComma < 0 ? array.start : array.lastComma) + 1);
  const end = skipSpaceBack(body, array.end - 1);
  return start < end ? { start, end } : undefined;
}

/** Whether the container or string holds nothing. */
export function isEmpty(body: Buffer, member: Member): boolean {
  const first = body[member.start];
  if (first === QUOTE) return member.end === member.start + 2;
  if (first !== OPEN_BRACKET && body[member.end - 1] !== CLOSE_BRACE) return false;
  return skipSpace(body, member.start + 1) === member.end - 1;
}
