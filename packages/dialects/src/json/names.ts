import { BACKSLASH } from './skip.ts';
import { JsonFault } from './fault.ts';

interface Candidate<N extends string> {
  readonly name: N;
  readonly bytes: Uint8Array;
}

/** The member names that a scan looks for, prepared once. */
export interface Names<N extends string> {
  readonly list: readonly N[];
  /** By length in bytes: most other members of a body fall out here. */
  readonly byLength: readonly (readonly Candidate<N>[] | undefined)[];
}

/** A `\uXXXX` escape spends six bytes on one of the name's. */
export const escapedBytesPerByte = 6;

export function compileNames<const N extends string>(list: readonly N[]): Names<N> {
  const byLength: Candidate<N>[][] = [];
  for (const name of list) {
    const bytes = Buffer.from(name);
    (byLength[bytes.length] ??= []).push({ name, bytes });
  }
  // Without holes, so that a look-up never leaves the array's fast form.
  return { list, byLength: Array.from(byLength) };
}

/** Which of the names is written, without its quotes, from `start` to `end`. */
export function lookUp<N extends string>(names: Names<N>, body: Buffer, start: number, end: number): N | undefined {
  const candidates = names.byLength[end - start];
  if (candidates !== undefined) {
    for (const { name, bytes } of candidates) {
      let i = 0;
      while (i < bytes.length && bytes[i] === body[start + i]) i += 1;
      if (i === bytes.length) return name;
    }
  }
  if (end - start > (names.byLength.length - 1) * escapedBytesPerByte) return undefined;
  for (let at = start; at < end; at += 1) {
    if (body[at] === BACKSLASH) return lookUpEscaped(names, body, start, end);
  }
  return undefined;
}

function lookUpEscaped<N extends string>(names: Names<N>, body: Buffer, start: number, end: number): N | undefined {
  let decoded: unknown;
  try {
    decoded = JSON.parse(body.toString('utf8', start - 1, end + 1));
  } catch {
    throw new JsonFault(start, 'a member has a name with an invalid escape');
  }
  return names.list.find((name) => name === decoded);
}
