import fc from 'fast-check';

export interface WrittenMember {
  readonly name: string;
  readonly value: unknown;
}

/** A JSON object as some client might write it, and its members in order, duplicates included. */
export interface Written {
  readonly text: string;
  readonly members: readonly WrittenMember[];
}

const SPACES = ['', '', '', ' ', '\n', '\t', '\r\n', '  \n\t '];

/** Chosen by position, so that one short list of draws decides the spelling of a whole text. */
type Draws = () => number;

/**
 * Objects with random members, some of them with the given names, more than once at times; with random whitespace between all
 * tokens, and random characters of strings and names written as escapes.
 *
 * No name begins with a backslash: JSON.parse, which a scan is compared with, is itself wrong beside such names (V8 13.6). Once
 * it has read {"n":0,"\\":0} it takes the second name of {"n":0,"\u0061":0} for a backslash as well.
 */
export function writtenObject(names: readonly string[]): fc.Arbitrary<Written> {
  const name = fc
    .oneof(fc.constantFrom(...names), fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 8 }))
    .filter((text) => !text.startsWith('\\'));
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }).filter((value) => !JSON.stringify(value).includes('"\\\\')),
    fc.string({ minLength: 20, maxLength: 80 }),
    fc.string({ unit: fc.constantFrom('\\', '"', 'a', '\n', 'é'), maxLength: 60 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  return fc
    .tuple(
      fc.array(fc.record({ name, value }), { maxLength: 8 }),
      fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 40 }),
    )
    .map(([members, draws]) => {
      let next = 0;
      const draw = (): number => draws[next++ % draws.length]!;
      const written = members.map(
        ({ name, value }) => `${space(draw)}${string(name, draw)}${space(draw)}:${text(value, draw)}`,
      );
      return { text: `${space(draw)}{${written.join(',')}${space(draw)}}${space(draw)}`, members };
    });
}

function space(draw: Draws): string {
  return SPACES[draw() % SPACES.length]!;
}

function text(value: unknown, draw: Draws): string {
  return `${space(draw)}${bare(value, draw)}${space(draw)}`;
}

function bare(value: unknown, draw: Draws): string {
  if (typeof value === 'string') return string(value, draw);
  if (Array.isArray(value))
    return `[${value.length === 0 ? space(draw) : value.map((entry) => text(entry, draw)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, entry]) => `${space(draw)}${string(name, draw)}${space(draw)}:${text(entry, draw)}`,
    );
    return `{${members.length === 0 ? space(draw) : members.join(',')}}`;
  }
  return JSON.stringify(value);
}

function string(value: string, draw: Draws): string {
  let written = '"';
  for (let i = 0; i < value.length; i += 1) {
    // By UTF-16 unit: half a pair may be escaped and the other half not only if both are.
    const unit = value.charCodeAt(i);
    const surrogate = unit >= 0xd800 && unit <= 0xdfff;
    const escaped = surrogate || draw() % 7 === 0;
    if (escaped) written += `\\u${unit.toString(16).padStart(4, '0')}`;
    else written += JSON.stringify(value[i]).slice(1, -1);
  }
  return `${written}"`;
}
