/** Node has had both since its version 21; the types of the language's library do not know them yet. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

type Reviver = (this: unknown, name: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseReviving = JSON.parse as unknown as (text: string, reviver: Reviver) => unknown;

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
const NUMBER = /-?\d[\d.eE+-]*/y;

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
  return losesNumbers(text, 0) ? plainNumber(parseReviving(text, keepSource)) : JSON.parse(text);
}

/**
 * `JSON.parse` of a body in which only the values of some members are somebody else's JSON: those keep their numbers as they are written,
 * and everything else has plain ones.
 */
export function parseWire(text: string, members: ReadonlySet<string>): unknown {
  return losesNumbers(text, ownDepthMax) ? settled(parseReviving(text, keepSource), members) : JSON.parse(text);
}

function keepSource(this: unknown, _name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value;
}

function settled(value: unknown, members: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isRawJSON(value)) return plainNumber(value);
  if (Array.isArray(value)) value.forEach((entry, index) => (value[index] = settled(entry, members)));
  else {
    const object = value as Record<string, unknown>;
    for (const name of Object.keys(object)) if (!members.has(name)) object[name] = settled(object[name], members);
  }
  return value;
}

/** Whether a number that lies deeper than `depthMax` would be written in another way than it stands there. Strings are stepped over. */
function losesNumbers(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return false;
    } else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      NUMBER.lastIndex = at;
      const literal = NUMBER.exec(text)?.[0] ?? '-';
      if (depth > depthMax && String(Number(literal)) !== literal) return true;
      at += literal.length - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
  }
  return false;
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
