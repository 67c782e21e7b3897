import type { Json } from '../e2e/requests.ts';

/** Reading of answers whose shape is what is being tested: each step says what it did not find. */
export function objectIn(value: unknown, what: string): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrong(what, 'an object', value);
  return value as Json;
}

export function listIn(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(what, 'a list', value);
  return value as unknown[];
}

export function textIn(value: unknown, what: string): string {
  if (typeof value !== 'string') throw wrong(what, 'a string', value);
  return value;
}

export function countIn(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw wrong(what, 'a count', value);
  return value;
}

export function parsed(text: string, what: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${what} is no JSON: ${text.slice(0, 200)}`);
  }
  return objectIn(value, what);
}

function wrong(what: string, wanted: string, value: unknown): Error {
  return new Error(`${what} is not ${wanted}: ${JSON.stringify(value)?.slice(0, 200) ?? 'undefined'}`);
}
