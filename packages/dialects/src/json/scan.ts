import { JsonFault, positionOf, showByte } from './fault.ts';
import { lookUp, type Names } from './names.ts';
import {
  CLOSE_BRACE,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  type Trail,
} from './skip.ts';

export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object';

/** One member of the scanned object; offsets count bytes from the start of the body. */
export interface Member {
  /** The opening quote of its name. */
  readonly nameStart: number;
  /** Its value, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly kind: JsonKind;
  /** How many members stand before it, whatever their names. */
  readonly ordinal: number;
  /** Arrays: the last comma between elements, or -1 where there are fewer than two. */
  readonly lastComma: number;
  /** Arrays and objects: strings of base64 in them, and the bytes of those. */
  readonly attachments: number;
  readonly attachmentBytes: number;
  /** The member of the same name before this one. This one counts, as for JSON.parse. */
  readonly earlier: Member | undefined;
}

export type Members<N extends string> = { readonly [name in N]?: Member };

export interface Scan<N extends string> {
  readonly ok: true;
  readonly members: Members<N>;
  /** The asked-for names that occur more than once. */
  readonly duplicates: readonly N[];
  readonly memberCount: number;
  /** The object's braces: the opening one, and the offset after the closing one. */
  readonly objectStart: number;
  readonly objectEnd: number;
}

export interface ScanFault {
  readonly ok: false;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  /** What was expected and what was found. */
  readonly detail: string;
}

/**
 * Finds the top-level members with the given names in a JSON object, without building any value. Everything outside strings is
 * checked as JSON.parse would check it, up to `jsonDepthMax`; what is inside strings is stepped over (see `skipString`).
 */
export function scanObject<N extends string>(body: Buffer, names: Names<N>): Scan<N> | ScanFault {
  try {
    return scan(body, names);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { ok: false, offset: error.offset, ...positionOf(body, error.offset), detail: error.message };
  }
}

function scan<N extends string>(body: Buffer, names: Names<N>): Scan<N> {
  const members: { [name in N]?: Member } = {};
  const duplicates: N[] = [];
  const trail: Trail = { lastComma: -1, attachments: 0, attachmentBytes: 0 };
  const objectStart = openingBrace(body);
  let memberCount = 0;
  let at = skipSpace(body, objectStart + 1);
  if (body[at] !== CLOSE_BRACE) {
    for (;;) {
      const nameStart = at;
      if (body[at] !== QUOTE) throw misplaced(body, at, "a member's name in double quotes");
      const nameEnd = skipString(body, at);
      const name = lookUp(names, body, nameStart + 1, nameEnd - 1);
      const start = skipColon(body, nameEnd);
      const end = skipValue(body, start, 1, trail);
      if (name !== undefined) {
        const earlier = members[name];
        if (earlier !== undefined && !duplicates.includes(name)) duplicates.push(name);
        const kind = kindOf(body[start]!);
        const isContainer = kind === 'array' || kind === 'object';
        members[name] = {
          nameStart,
          start,
          end,
          kind,
          ordinal: memberCount,
          lastComma: kind === 'array' ? trail.lastComma : -1,
          attachments: isContainer ? trail.attachments : 0,
          attachmentBytes: isContainer ? trail.attachmentBytes : 0,
          earlier,
        };
      }
      memberCount += 1;
      at = skipSpace(body, end);
      if (body[at] === CLOSE_BRACE) break;
      if (body[at] !== COMMA) throw misplaced(body, at, "',' or '}' after a member");
      at = skipSpace(body, at + 1);
    }
  }
  const objectEnd = at + 1;
  const rest = skipSpace(body, objectEnd);
  if (rest < body.length)
    throw new JsonFault(rest, `nothing may follow the object, but found ${showByte(body[rest]!)}`);
  return { ok: true, members, duplicates, memberCount, objectStart, objectEnd };
}

function openingBrace(body: Buffer): number {
  const at = skipSpace(body, 0);
  if (at >= body.length) throw new JsonFault(at, 'the text is empty; a JSON object is expected');
  if (body[at] === OPEN_BRACE) return at;
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    throw new JsonFault(0, 'the text begins with a byte order mark, which JSON does not allow');
  }
  throw new JsonFault(at, `expected a JSON object but found ${showByte(body[at]!)}`);
}

function misplaced(body: Buffer, at: number, expected: string): JsonFault {
  if (at >= body.length) return new JsonFault(at, 'the text ends before the outermost object is closed');
  return new JsonFault(at, `expected ${expected} but found ${showByte(body[at]!)}`);
}

function kindOf(first: number): JsonKind {
  switch (first) {
    case QUOTE:
      return 'string';
    case OPEN_BRACE:
      return 'object';
    case OPEN_BRACKET:
      return 'array';
    case 116:
    case 102:
      return 'boolean';
    case 110:
      return 'null';
    default:
      return 'number';
  }
}
