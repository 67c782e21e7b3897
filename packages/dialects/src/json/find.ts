import { escapedBytesPerByte, lookUp, type Names } from './names.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './skip.ts';

/** A member that was looked for. Valid only while it is visited. */
export interface Found<N extends string> {
  readonly name: N;
  /** The first byte of its value. */
  readonly start: number;
  /** The names down to it, its own included; an element of a list stands as its index. Decoded at each call. */
  path(): (string | number)[];
  /** The index at this place of the path, where one stands there. */
  indexAt(place: number): number | undefined;
  /** Whether its path is of this form; `*` stands for any index or name, `#` for any index. */
  isAt(form: readonly string[]): boolean;
  /** Whether its path ends in this form. */
  endsIn(form: readonly string[]): boolean;
}

/** `into`: what is inside is looked through. `over`: it is stepped over. `stop`: nothing more is visited. */
export type Verdict = 'into' | 'over' | 'stop';

/**
 * Visits each member of one of the names, at any depth, in the order of the text: twins of an equal name as well, of which parsers differ in
 * which they keep. The body must have been scanned: nothing is checked again, and its depth is known to be bounded.
 */
export function findMembers<N extends string>(
  body: Buffer,
  names: Names<N>,
  visit: (found: Found<N>) => Verdict,
): void {
  new Search(body, names, visit).value(skipSpace(body, 0));
}

const STOPPED = -1;

class Search<N extends string> {
  readonly #body: Buffer;
  readonly #names: Names<N>;
  readonly #visit: (found: Found<N>) => Verdict;
  /** For each level the offset of a name's opening quote, or the complement of an index. Most are never decoded. */
  readonly #trace: number[] = [];

  constructor(body: Buffer, names: Names<N>, visit: (found: Found<N>) => Verdict) {
    this.#body = body;
    this.#names = names;
    this.#visit = visit;
  }

  /** The offset after the value at `start`, or STOPPED. */
  value(start: number): number {
    switch (this.#body[start]) {
      case OPEN_BRACE:
        return this.#object(start);
      case OPEN_BRACKET:
        return this.#list(start);
      default:
        return this.#over(start);
    }
  }

  #object(start: number): number {
    const body = this.#body;
    const level = this.#trace.length;
    let at = skipSpace(body, start + 1);
    while (body[at] === QUOTE) {
      const nameEnd = skipString(body, at);
      this.#trace[level] = at;
      const name = lookUp(this.#names, body, at + 1, nameEnd - 1);
      const end = this.#member(name, skipColon(body, nameEnd));
      if (end === STOPPED) return STOPPED;
      at = next(body, end);
    }
    this.#trace.length = level;
    return body[at] === CLOSE_BRACE ? at + 1 : body.length;
  }

  #member(name: N | undefined, start: number): number {
    if (name === undefined) return this.value(start);
    const verdict = this.#visit(this.#found(name, start));
    if (verdict === 'stop') return STOPPED;
    return verdict === 'over' ? this.#over(start) : this.value(start);
  }

  #list(start: number): number {
    const body = this.#body;
    const level = this.#trace.length;
    let at = skipSpace(body, start + 1);
    for (let index = 0; at < body.length && body[at] !== CLOSE_BRACKET; index += 1) {
      this.#trace[level] = ~index;
      const end = this.value(at);
      if (end === STOPPED) return STOPPED;
      at = next(body, end);
    }
    this.#trace.length = level;
    return at + 1;
  }

  #over(start: number): number {
    return skipValue(this.#body, start, 0, { lastComma: -1, attachments: 0, attachmentBytes: 0 });
  }

  #found(name: N, start: number): Found<N> {
    return {
      name,
      start,
      path: () => this.#trace.map((step) => this.#decoded(step)),
      indexAt: (place) => indexOf(this.#trace[place]),
      isAt: (form) => form.length === this.#trace.length && this.#endsIn(form),
      endsIn: (form) => this.#endsIn(form),
    };
  }

  #endsIn(form: readonly string[]): boolean {
    const first = this.#trace.length - form.length;
    return first >= 0 && form.every((name, index) => this.#isNamed(this.#trace[first + index]!, name));
  }

  /** Compared where it stands: what a client calls one member may be as long as its body, and have a million others in it. */
  #isNamed(step: number, name: string): boolean {
    if (name === '*') return true;
    if (step < 0) return name === '#';
    const body = this.#body;
    for (let i = 0; i <= name.length; i += 1) {
      const byte = body[step + 1 + i];
      if (byte === BACKSLASH) return this.#isEscaped(step, name);
      if (byte !== (i === name.length ? QUOTE : name.charCodeAt(i))) return false;
    }
    return true;
  }

  /** The same for a name with escapes in it. */
  #isEscaped(step: number, name: string): boolean {
    const longest = step + 1 + name.length * escapedBytesPerByte;
    let end = step + 1;
    while (end < longest && this.#body[end] !== QUOTE) end += this.#body[end] === BACKSLASH ? 2 : 1;
    return this.#body[end] === QUOTE && this.#decoded(step) === name;
  }

  #decoded(step: number): string | number {
    if (step < 0) return ~step;
    const text = this.#body.toString('utf8', step, skipString(this.#body, step));
    try {
      return JSON.parse(text) as string;
    } catch {
      // The scan stepped over an escape that is none.
      return text.slice(1, -1);
    }
  }
}

function indexOf(step: number | undefined): number | undefined {
  return step !== undefined && step < 0 ? ~step : undefined;
}

/** Where the next member or element begins, or the closing bracket stands. */
function next(body: Buffer, end: number): number {
  const at = skipSpace(body, end);
  return body[at] === COMMA ? skipSpace(body, at + 1) : at;
}
