import { findMembers, type Found, type Verdict } from './find.ts';
import { compileNames, type Names } from './names.ts';
import { CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE, skipSpace, skipString } from './skip.ts';

/** A path in a body, or the end of one; `*` stands for any index or name. */
type Form = readonly string[];

/** A member that names objects which its provider keeps. */
export interface ObjectRule {
  readonly name: string;
  /** The only places where it does; absent: wherever the wire has a word to say. */
  readonly at?: readonly Form[];
  /** Places where it tells what was, and nothing is looked up by it. */
  readonly except?: readonly Form[];
  /** An object under it is such a name too, and not only a string or a list. */
  readonly object?: true;
  /** Which strings are; absent: all. */
  readonly value?: (text: string) => boolean;
}

export interface ObjectRules {
  readonly rules: readonly ObjectRule[];
  /** Where clients write what they like (arguments of calls, schemas, labels): the ends of those places' paths. */
  readonly free: readonly Form[];
}

/** More members with the names of rules than a conversation has; going on would hold up everybody else. */
const MEMBERS_MAX = 100_000;

/**
 * Finds where a request names objects that lie with its provider. Going from member to member and over strings is quicker than a search for
 * each name, whose first byte is everywhere.
 */
export class NamedObjects {
  readonly #names: Names<string>;
  readonly #rules = new Map<string, ObjectRule[]>();
  readonly #free: readonly Form[];

  constructor({ rules, free }: ObjectRules) {
    for (const rule of rules) this.#rules.set(rule.name, [...(this.#rules.get(rule.name) ?? []), rule]);
    this.#free = free;
    this.#names = compileNames([...new Set([...this.#rules.keys(), ...free.map((form) => form.at(-1)!)])]);
  }

  /** The path of the first; null where there is none. The body must have been scanned. Throws `JsonFault` where a name is no JSON. */
  firstIn(body: Buffer): string | null {
    let first: string | null = null;
    let seen = 0;
    findMembers(body, this.#names, (found) => {
      seen += 1;
      const verdict = seen > MEMBERS_MAX ? 'stop' : this.#judge(body, found);
      if (verdict === 'stop') first = pathText(found.path());
      return verdict;
    });
    return first;
  }

  #judge(body: Buffer, found: Found<string>): Verdict {
    if (this.#free.some((form) => found.endsIn(form))) return 'over';
    const names = this.#rules.get(found.name)?.some((rule) => {
      if (rule.at !== undefined && !rule.at.some((form) => found.isAt(form))) return false;
      return rule.except?.some((form) => found.isAt(form)) !== true && isName(body, found.start, rule);
    });
    return names === true ? 'stop' : 'into';
  }
}

function isName(body: Buffer, start: number, { object, value }: ObjectRule): boolean {
  switch (body[start]) {
    case QUOTE:
      return value === undefined || value(textAt(body, start));
    case OPEN_BRACKET:
      return value === undefined && body[skipSpace(body, start + 1)] !== CLOSE_BRACKET;
    default:
      return body[start] === OPEN_BRACE && object === true;
  }
}

/** What is no JSON is its provider's to refuse. */
function textAt(body: Buffer, start: number): string {
  const text = body.toString('utf8', start, skipString(body, start));
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

/** Skills that somebody made; the providers' own have plain words for names. */
export function isCustomSkill(id: string): boolean {
  return id.startsWith('skill_');
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
