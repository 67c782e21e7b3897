import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentIndex } from './content-index.ts';

/** Few enough to meet again, and far enough apart to use both halves of a number. */
const key = fc.constantFrom(0, 1, 2, 3, -1, -2, 16, 17, 2 ** 32, 2 ** 32 + 1, 2 ** 52, -(2 ** 40), 0.5);

describe('ContentIndex', () => {
  it('agrees with a map under any use', () => {
    const operation = fc.record({ remove: fc.boolean(), block: fc.nat(5), key });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
        const index = new ContentIndex(6);
        const blockOfKey = new Map<number, number>();
        for (const { remove, block, key } of operations) {
          if (remove) {
            index.remove(block);
            for (const [known, where] of blockOfKey) if (where === block) blockOfKey.delete(known);
          } else {
            const isNew = !blockOfKey.has(key) && ![...blockOfKey.values()].includes(block);
            expect(index.add(block, key)).toBe(isNew);
            if (isNew) blockOfKey.set(key, block);
          }
          expect(index.has(block)).toBe([...blockOfKey.values()].includes(block));
          expect(index.find(key)).toBe(blockOfKey.get(key));
        }
      }),
    );
  });
});
