/** Node has had both since its version 21; the types of the language's library do not know them yet. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/** Numbers that lie no deeper than this in a body are settings and counts: what is somebody else's JSON lies deeper on every wire. */
const ownDepthMax = 2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const PLUS = 0x2b;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
/** Whole numbers of so many digits are all among the language's. */
const digitsMax = 15;
const VALID_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What a text begins with that stands for a number. Texts that begin with it themselves get another one before it. */
const MARK = 0;
const MARK_TEXT = '\\u0000';

/** A number of a parsed text that no number of the language is: 2^53 + 1, 1e400, 1.0. `JSON.stringify` writes it as it was written. */
export function isExactNumber(value: unknown): boolean {
  return isRawJSON(value);
}

/** A number as one of the language's, which may be another one. */
export function plainNumber(value: unknown): unknown {
  return isRawJSON(value) ? Number(JSON.stringify(value)) : value;
}

/** `JSON.parse` of a text whose numbers are all kept as they are written. The root itself is never an exact number. */
export function parseExact(text: string): unknown {
  const marked = withMarks(text, 0);
  return marked === null ? JSON.parse(text) : settled(JSON.parse(marked), null);
}

/**
 * `JSON.parse` of a body in which only the values of some members are somebody else's JSON: those keep their numbers as they are written,
 * and everything else has plain ones.
 */
export function parseWire(text: string, members: ReadonlySet<string>): unknown {
  const marked = withMarks(text, ownDepthMax);
  return marked === null ? JSON.parse(text) : settled(JSON.parse(marked), members);
}

/** `members`: below which numbers are exact; null: they are. */
function settled(value: unknown, members: ReadonlySet<string> | null): unknown {
  if (typeof value === 'string') return value.charCodeAt(0) === MARK ? unmarked(value, members === null) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) value[at] = settled(value[at], members);
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const name of Object.keys(object)) {
    object[name] = settled(object[name], members === null || members.has(name) ? null : members);
  }
  return value;
}

function unmarked(text: string, exact: boolean): unknown {
  const rest = text.slice(1);
  if (text.charCodeAt(1) === MARK) return rest;
  return exact ? rawJSON(rest) : Number(rest);
}

/**
 * The text with a marked string in the place of each number that would be written in another way than it stands there; null where none lies
 * deeper than `depthMax`. A reviver that is told the source of each value takes thirty times as long as parsing, and a body may be all numbers.
 */
function withMarks(text: string, depthMax: number): string | null {
  const pieces: string[] = [];
  let copied = 0;
  let isNeeded = false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const start = at;
      at = endOfString(text, start);
      if (at < 0) return null;
      if (!text.startsWith(MARK_TEXT, start + 1) || isName(text, at + 1)) continue;
      pieces.push(text.slice(copied, start + 1), MARK_TEXT);
      copied = start + 1;
    } else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      const end = endOfNumber(text, at);
      if (isLost(text, at, end) && !isName(text, end)) {
        if (depth > depthMax) isNeeded = true;
        pieces.push(text.slice(copied, at), `"${MARK_TEXT}${text.slice(at, end)}"`);
        copied = end;
      }
      at = end - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
  }
  return isNeeded ? pieces.join('') + text.slice(copied) : null;
}

function endOfNumber(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    const code = text.charCodeAt(at);
    const isPart = code >= DIGIT_0 && code <= DIGIT_9;
    if (isPart || code === DOT || code === LOWER_E || code === UPPER_E || code === PLUS || code === MINUS) continue;
    return at;
  }
}

/** Whether the number that stands there would be written in another way. What is none is left for the parser to refuse. */
function isLost(text: string, start: number, end: number): boolean {
  if (end - start <= digitsMax && isPlainInteger(text, start, end)) return false;
  const literal = text.slice(start, end);
  return String(Number(literal)) !== literal && VALID_NUMBER.test(literal);
}

function isPlainInteger(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) === DIGIT_0) return end === start + 1;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < DIGIT_0 || code > DIGIT_9) return false;
  }
  return true;
}

/** Whether what ends here is a member's name, or stands where only one may. */
function isName(text: string, end: number): boolean {
  let at = end;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== LF && code !== CR && code !== TAB) return code === COLON;
    at += 1;
  }
}

/** Where its closing quote stands; -1 where there is none. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}
