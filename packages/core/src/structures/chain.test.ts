import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chain, type Link } from './chain.ts';

interface Item extends Link<Item> {
  readonly name: number;
}

test('it keeps the order of arrival, whatever is removed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (touched) => {
      const chain = new Chain<Item>();
      const items = Array.from({ length: 21 }, (_, name): Item => ({ name, newer: null, older: null, chained: false }));
      let expected: number[] = [];
      for (const name of touched) {
        const item = items[name]!;
        if (expected.includes(name)) {
          expect(chain.remove(item)).toBe(true);
          expected = expected.filter((each) => each !== name);
        } else {
          expect(chain.remove(item)).toBe(false);
          chain.add(item);
          expected = [name, ...expected];
        }
        const names: number[] = [];
        for (let each = chain.newest; each !== null; each = each.older) {
          names.push(each.name);
        }
        expect(names).toEqual(expected);
        expect(chain.size).toBe(expected.length);
      }
    }),
  );
});
