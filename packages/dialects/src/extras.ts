import type { Extra, Usage } from './dialect.ts';

const SPACES = new Set([9, 10, 13, 32]);
const COLON = 58;
const OPENINGS = new Set([91, 123]);
const CLOSINGS = new Set([93, 125]);

/** The same counts, with what else their answer was found to be charged for. */
export function withExtras<U extends Usage | null>(usage: U, found: readonly Extra[]): U {
  if (usage === null || found.length === 0) return usage;
  return { ...usage, extras: [...new Set([...(usage.extras ?? []), ...found])] };
}

/**
 * Whether there is a list or an object with something in it under this quoted name. Nobody can write these bytes into a text: a quote inside
 * a string has a backslash before it.
 */
export function hasFilled(json: Buffer, name: Buffer): boolean {
  for (let at = json.indexOf(name); at >= 0; at = json.indexOf(name, at + name.length)) {
    const colon = skipSpaces(json, at + name.length);
    if (json[colon] !== COLON) continue;
    const opening = skipSpaces(json, colon + 1);
    if (OPENINGS.has(json[opening]!) && !CLOSINGS.has(json[skipSpaces(json, opening + 1)]!)) return true;
  }
  return false;
}

function skipSpaces(json: Buffer, start: number): number {
  let at = start;
  while (SPACES.has(json[at]!)) at += 1;
  return at;
}
