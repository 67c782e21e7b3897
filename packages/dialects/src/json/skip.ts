import { JsonFault, showByte } from './fault.ts';

/** Containers may nest this deep, the outermost counted. Deeper is nobody's prompt, and parsers behind us recurse. */
export const jsonDepthMax = 512;

/** Strings shorter than this are walked byte by byte: below it the call to memchr costs more than it saves. */
const walkBytesMax = 24;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
export const QUOTE = 34;
const PLUS = 43;
export const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
export const COLON = 58;
const UPPER_E = 69;
export const OPEN_BRACKET = 91;
export const BACKSLASH = 92;
export const CLOSE_BRACKET = 93;
const LOWER_E = 101;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;

/** What may come next inside a container; several at once. */
const VALUE = 1;
const NAME = 2;
const END = 4;
const SEPARATOR = 8;

/** The closing byte of each container that is open. Shared by all calls: none of them is interrupted by another. */
const closers: Uint8Array = new Uint8Array(jsonDepthMax);

export function skipSpace(body: Buffer, from: number): number {
  let at = from;
  for (; at < body.length; at += 1) {
    const byte = body[at]!;
    if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) break;
  }
  return at;
}

/** The offset after the last byte that is not whitespace, going back from `to`. */
export function skipSpaceBack(body: Buffer, to: number): number {
  let at = to;
  for (; at > 0; at -= 1) {
    const byte = body[at - 1]!;
    if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) break;
  }
  return at;
}

/**
 * The offset after the string that opens at `open`. What is inside is not judged: control characters, unknown escapes and
 * broken UTF-8 pass, and the engine that parses the text decides.
 */
export function skipString(body: Buffer, open: number): number {
  let at = open + 1;
  for (;;) {
    const near = Math.min(at + walkBytesMax, body.length);
    while (at < near) {
      const byte = body[at]!;
      if (byte === QUOTE) return at + 1;
      at += byte === BACKSLASH ? 2 : 1;
    }
    const quote = body.indexOf(QUOTE, at);
    if (quote < 0) throw new JsonFault(body.length, `the text ends inside the string that begins at byte ${open}`);
    // The quote ends the string unless an odd run of backslashes stands before it. `at` is never inside an escape.
    let run = quote;
    while (run > at && body[run - 1] === BACKSLASH) run -= 1;
    at = quote + 1;
    if (((quote - run) & 1) === 0) return at;
  }
}

function skipLiteral(body: Buffer, start: number, word: string): number {
  for (let i = 0; i < word.length; i += 1) {
    if (body[start + i] === word.charCodeAt(i)) continue;
    if (start + i >= body.length) throw new JsonFault(body.length, `the text ends inside '${word}'`);
    throw new JsonFault(start + i, `expected '${word}' here`);
  }
  return start + word.length;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function skipDigits(body: Buffer, start: number): number {
  let at = start;
  while (at < body.length && isDigit(body[at]!)) at += 1;
  if (at > start) return at;
  if (at >= body.length) throw new JsonFault(at, 'the text ends inside a number');
  throw new JsonFault(at, `expected a digit but found ${showByte(body[at]!)}`);
}

function skipNumber(body: Buffer, start: number): number {
  let at = body[start] === MINUS ? start + 1 : start;
  if (body[at] === ZERO) {
    at += 1;
    if (at < body.length && isDigit(body[at]!))
      throw new JsonFault(at, 'a number cannot begin with a zero and another digit');
  } else at = skipDigits(body, at);
  if (body[at] === DOT) at = skipDigits(body, at + 1);
  if (body[at] === LOWER_E || body[at] === UPPER_E) {
    at += 1;
    if (body[at] === PLUS || body[at] === MINUS) at += 1;
    at = skipDigits(body, at);
  }
  return at;
}

/** A value that is neither string nor container. */
function skipScalar(body: Buffer, start: number): number {
  const byte = body[start]!;
  if (isDigit(byte) || byte === MINUS) return skipNumber(body, start);
  switch (byte) {
    case 116:
      return skipLiteral(body, start, 'true');
    case 102:
      return skipLiteral(body, start, 'false');
    case 110:
      return skipLiteral(body, start, 'null');
    default:
      throw new JsonFault(start, `expected a value but found ${showByte(byte)}`);
  }
}

/** The offset of the value that follows a member's name. */
export function skipColon(body: Buffer, nameEnd: number): number {
  const colon = skipSpace(body, nameEnd);
  if (body[colon] === COLON) return skipSpace(body, colon + 1);
  if (colon >= body.length) throw new JsonFault(colon, 'the text ends after the name of a member');
  throw new JsonFault(colon, `expected ':' after the name of a member but found ${showByte(body[colon]!)}`);
}

/** What a walk over a container saw of its outermost level. */
export interface Trail {
  /** The last comma between its elements, or -1. */
  lastComma: number;
  /** Strings of base64 at any depth, and their bytes together: pictures, files and sound inside a prompt. */
  attachments: number;
  attachmentBytes: number;
}

/** The offset after the value that begins at `start`. `depth` containers are open around it. */
export function skipValue(body: Buffer, start: number, depth: number, trail: Trail): number {
  if (start >= body.length) throw new JsonFault(start, 'the text ends where a value is expected');
  const byte = body[start]!;
  if (byte === QUOTE) return skipString(body, start);
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return skipContainer(body, start, depth, trail);
  return skipScalar(body, start);
}

function skipContainer(body: Buffer, start: number, outer: number, trail: Trail): number {
  let at = start;
  let depth = outer;
  let expected = VALUE;
  let nameStart = -1;
  trail.lastComma = -1;
  trail.attachments = 0;
  trail.attachmentBytes = 0;
  while (at < body.length) {
    const byte = body[at]!;
    switch (byte) {
      case SPACE:
      case LF:
      case CR:
      case TAB:
        at += 1;
        break;
      case QUOTE:
        if ((expected & (VALUE | NAME)) === 0) throw unexpected(body, at, expected);
        if ((expected & NAME) !== 0) {
          nameStart = at;
          at = skipColon(body, skipString(body, at));
          expected = VALUE;
        } else {
          const end = skipString(body, at);
          if (end - at > attachmentBytesMin && isAttachment(body, nameStart, at + 1)) {
            trail.attachments += 1;
            trail.attachmentBytes += end - at;
          }
          at = end;
          expected = SEPARATOR | END;
        }
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if ((expected & VALUE) === 0) throw unexpected(body, at, expected);
        if (depth === jsonDepthMax) throw new JsonFault(at, `nested deeper than ${jsonDepthMax} levels`);
        // In ASCII both closing brackets stand two after their opening ones.
        closers[depth] = byte + 2;
        depth += 1;
        at += 1;
        expected = byte === OPEN_BRACE ? NAME | END : VALUE | END;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if ((expected & END) === 0 || closers[depth - 1] !== byte) throw unexpected(body, at, expected);
        depth -= 1;
        at += 1;
        if (depth === outer) return at;
        expected = SEPARATOR | END;
        break;
      case COMMA:
        if ((expected & SEPARATOR) === 0) throw unexpected(body, at, expected);
        if (depth === outer + 1) trail.lastComma = at;
        expected = closers[depth - 1] === CLOSE_BRACE ? NAME : VALUE;
        at += 1;
        break;
      default:
        if ((expected & VALUE) === 0) throw unexpected(body, at, expected);
        at = skipScalar(body, at);
        expected = SEPARATOR | END;
    }
  }
  const kind = body[start] === OPEN_BRACE ? 'object' : 'array';
  throw new JsonFault(at, `the text ends before the ${kind} that begins at byte ${start} is closed`);
}

/** Shorter base64 counts as text. */
const attachmentBytesMin = 1_024;
/** Prose and code have white space or an escape within so many bytes; base64 has neither. */
const proseBytesMax = 256;
const DATA_URL = Buffer.from('data:');
const DATA_NAME = Buffer.from('"data"');
const BYTES_NAME = Buffer.from('"bytes"');

/** Pictures and files come as data URLs, or as bare base64 in a member `data` or `bytes`. `start` is the string's first byte. */
function isAttachment(body: Buffer, nameStart: number, start: number): boolean {
  if (!standsAt(body, start, DATA_URL) && !isNamedSo(body, nameStart)) return false;
  for (let at = start; at < start + proseBytesMax; at += 1) {
    if (body[at] === SPACE || body[at] === BACKSLASH) return false;
  }
  return true;
}

function isNamedSo(body: Buffer, nameStart: number): boolean {
  return nameStart >= 0 && (standsAt(body, nameStart, DATA_NAME) || standsAt(body, nameStart, BYTES_NAME));
}

function standsAt(body: Buffer, at: number, word: Buffer): boolean {
  for (let i = 0; i < word.length; i += 1) if (body[at + i] !== word[i]) return false;
  return true;
}

function unexpected(body: Buffer, at: number, expected: number): JsonFault {
  const found = showByte(body[at]!);
  if ((expected & SEPARATOR) !== 0) return new JsonFault(at, `expected ',' or a closing bracket but found ${found}`);
  const what = (expected & NAME) !== 0 ? "a member's name in double quotes" : 'a value';
  return new JsonFault(at, `expected ${what} but found ${found}`);
}
