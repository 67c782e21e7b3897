import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StaticCapacity } from '../../capacity/static-capacity.ts';
import { Engine } from '../engines/engine.ts';
import { leastLossFirst } from '../policy/policy.ts';
import { Naming, Namings } from './naming.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const lists = fc.array(
  fc.subarray(NAMES, { minLength: 1 }).map((names) => [...names].reverse()),
  { minLength: 1 },
);

test('what is kept of a list is what looking its names up finds, whatever was asked between', () => {
  fc.assert(
    fc.property(lists, fc.infiniteStream(fc.subarray(NAMES)), (asked, known) => {
      const namings = new Namings();
      const engines = new Map<string, Engine>();
      for (const [generation, names] of asked.entries()) {
        engines.clear();
        for (const [seq, name] of known.next().value!.entries()) engines.set(name, engineOf(name, seq));
        const naming = namings.of(names);
        expect(naming.key).toBe(new Naming([...names].sort()).key);
        const found = naming.among(engines, generation).map(({ name }) => name);
        expect(found).toEqual([...engines.keys()].filter((name) => names.includes(name)));
      }
    }),
  );
});

test('equal lists are one, also those that each ticket brings anew', () => {
  const namings = new Namings();
  const naming = namings.of(['a', 'b']);
  expect(namings.of(['a', 'c'])).not.toBe(naming);
  expect(namings.of(['a', 'b'])).toBe(naming);
  expect(namings.of(['b', 'a'])).not.toBe(naming);
  expect(namings.of(['b', 'a']).key).toBe(naming.key);
});

function engineOf(name: string, seq: number): Engine {
  return new Engine(name, seq, new StaticCapacity(1, 1), leastLossFirst);
}
