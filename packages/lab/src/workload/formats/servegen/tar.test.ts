import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paxEntry, tarOf } from '../../testing/tar-of.ts';
import { tarMembers } from './tar.ts';

async function* inPortions(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function filesIn(bytes: Buffer, size = bytes.length): Promise<Record<string, string>> {
  const members = await tarMembers('a.tar', inPortions(bytes, size), (name) => !name.startsWith('skipped'));
  return Object.fromEntries(members.map((member) => [member.name, member.bytes.toString()]));
}

test('whatever files and whatever portions: what went in comes out', async () => {
  const name = fc.stringMatching(/^[a-z]{1,9}(\/[a-z]{1,9}){0,20}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, fc.string({ maxLength: 2_000 }), { noNullPrototype: true }),
      fc.integer({ min: 1, max: 3_000 }),
      async (files, size) => {
        const kept = Object.entries(files).filter(([key]) => !key.startsWith('skipped'));
        expect(await filesIn(tarOf(files), size)).toEqual(Object.fromEntries(kept));
      },
    ),
    { numRuns: 60 },
  );
});

test('long names of both kinds belong to one file only', async () => {
  const long = `${'folder/'.repeat(20)}a.csv`;
  const bytes = Buffer.concat([
    paxEntry(long, 'first'),
    tarOf({ b: 'second', [`x${long}`]: 'third', 'skipped-c': 'none' }),
  ]);
  expect(await filesIn(bytes)).toEqual({ [long]: 'first', b: 'second', [`x${long}`]: 'third' });
});
