import { Undecodable } from '../../canonical/feature.ts';
import { isExactNumber } from '../../json/exact.ts';
import { isObject, type JsonObject } from '../accumulate.ts';

/** A member's name is the client's own text, and goes into an error. */
const nameCharsMax = 64;

/** Why a member that nobody here has heard of stops a translation. */
const unknownMember = 'no other wire has a word for it';

/**
 * An object of a client's body that is read member by member. Null counts as absent everywhere, as it does for the providers. What is
 * left over when everything known was taken is refused by `finish`: a member that is silently dropped would change the answer.
 */
export class Fields {
  readonly path: string;
  readonly #object: JsonObject;
  readonly #left: Set<string>;

  constructor(value: unknown, path: string) {
    if (!isObject(value)) throw new Undecodable('invalid', path, 'it must be an object');
    this.path = path;
    this.#object = value;
    this.#left = new Set(Object.keys(value));
  }

  at(name: string): string {
    const shown = name.length > nameCharsMax ? `${name.slice(0, nameCharsMax)}...` : name;
    return this.path === '' ? shown : `${this.path}.${shown}`;
  }

  take(name: string): unknown {
    if (!this.#left.delete(name)) return undefined;
    return this.#object[name] ?? undefined;
  }

  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.invalid(name, 'it must be a string');
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw this.invalid(name, 'it is missing; a string is required');
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.invalid(name, 'it must be true or false');
  }

  number(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw this.invalid(name, 'it must be a number');
  }

  /** A whole number that is not less than `min`. */
  count(name: string, min: number): number | undefined {
    const value = this.number(name);
    if (value === undefined || (Number.isSafeInteger(value) && value >= min)) return value;
    throw this.invalid(name, `it must be a whole number from ${min} on`);
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const found = allowed.find((word) => word === value);
    if (found === undefined) throw this.invalid(name, `it must be one of ${allowed.join(', ')}`);
    return found;
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.take(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw this.invalid(name, 'it must be an array');
  }

  /** Each entry of the list, an object, with its own path. */
  entries(name: string): Fields[] {
    const path = this.at(name);
    return (this.list(name) ?? []).map((entry, index) => new Fields(entry, `${path}[${index}]`));
  }

  object(name: string): Fields | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : new Fields(value, this.at(name));
  }

  requiredObject(name: string): Fields {
    const fields = this.object(name);
    if (fields === undefined) throw this.invalid(name, 'it is missing; an object is required');
    return fields;
  }

  /** An object that is passed on as it is. */
  json(name: string): JsonObject | undefined {
    const value = this.take(name);
    if (value === undefined || (isObject(value) && !isExactNumber(value))) return value;
    throw this.invalid(name, 'it must be an object');
  }

  /** The member is of no importance to the answer; it is noted where it says anything. */
  ignore(name: string, ignored: string[]): void {
    if (!saysNothing(this.take(name))) ignored.push(this.at(name));
  }

  /** The member only means something to the client's own provider, and is refused where it says anything. */
  refuse(name: string, why: string): void {
    if (!saysNothing(this.take(name))) throw this.untranslatable(name, why);
  }

  invalid(name: string, detail: string): Undecodable {
    return new Undecodable('invalid', this.at(name), detail);
  }

  untranslatable(name: string, detail: string): Undecodable {
    return new Undecodable('untranslatable', this.at(name), detail);
  }

  finish(): void {
    for (const name of this.#left) this.refuse(name, unknownMember);
  }
}

/** Absent, false, or empty. */
function saysNothing(value: unknown): boolean {
  if (value === undefined || value === false || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
