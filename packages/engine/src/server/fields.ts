import { badRequest } from './problem.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads members of a request's body. A member that is null counts as absent; a wrong type is a 400 that names it. */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;

  constructor(object: JsonObject, path = '') {
    this.#object = object;
    this.#path = path;
  }

  raw(name: string): unknown {
    return this.#object[name] ?? undefined;
  }

  boolean(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrong(name, 'a boolean', value);
  }

  string(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(name, 'a string', value);
  }

  number(name: string, min: number, max: number): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    throw this.wrong(name, `a number from ${min} to ${max}`, value);
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw this.wrong(name, `an integer from ${min} to ${max}`, value);
  }

  object(name: string): Fields | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, `${this.#path}${name}.`);
    throw this.wrong(name, 'an object', value);
  }

  array(name: string): readonly unknown[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value;
    throw this.wrong(name, 'an array', value);
  }

  /** The object at a place of an array member. */
  item(name: string, index: number, value: unknown): Fields {
    if (isObject(value)) return new Fields(value, `${this.#path}${name}.${index}.`);
    throw this.wrong(`${name}.${index}`, 'an object', value);
  }

  missing(name: string): Error {
    return badRequest(`${this.#path}${name}: field required`, `${this.#path}${name}`);
  }

  wrong(name: string, expected: string, value: unknown): Error {
    const param = `${this.#path}${name}`;
    return badRequest(`${param}: expected ${expected}, got ${describe(value)}`, param);
  }
}

/** The value as JSON again, where it may have come from a client and nest deeper than the stack allows. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw badRequest('The body nests too deeply.');
    throw error;
  }
}

const shownLengthMax = 60;

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}...`;
}
