import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IndexedHeap } from './indexed-heap.ts';

interface Item {
  key: number;
  slot: number;
}

test('the top is the least, whatever was placed, moved and removed', () => {
  const step = fc.record({
    what: fc.constantFrom('place', 'move', 'remove', 'pop'),
    which: fc.nat(30),
    key: fc.nat(50),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const heap = new IndexedHeap<'slot', Item>('slot', (a, b) => a.key < b.key);
      const items = Array.from({ length: 31 }, (): Item => ({ key: 0, slot: -1 }));
      const inside = new Set<Item>();
      for (const { what, which, key } of steps) {
        const item = items[which]!;
        if (what === 'remove') {
          expect(heap.remove(item)).toBe(inside.delete(item));
          expect(item.slot).toBe(-1);
        } else if (what === 'pop') {
          const top = heap.pop();
          expect(top === undefined || inside.delete(top)).toBe(true);
        } else if (what === 'place' || inside.has(item)) {
          item.key = key;
          heap.place(item);
          inside.add(item);
        }
        expect(heap.size).toBe(inside.size);
        expect(heap.peek()?.key ?? Infinity).toBe(Math.min(...[...inside].map((each) => each.key)));
        expect(new Set(heap.values())).toEqual(inside);
      }
      const drained: number[] = [];
      for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
        drained.push(top.key);
      }
      expect(drained).toEqual([...drained].sort((a, b) => a - b));
    }),
  );
});

test('an item of another heap of the same field is not taken for one of this', () => {
  const one = new IndexedHeap<'slot', Item>('slot', (a, b) => a.key < b.key);
  const other = new IndexedHeap<'slot', Item>('slot', (a, b) => a.key < b.key);
  const item = { key: 1, slot: -1 };
  one.place(item);
  other.place({ key: 2, slot: -1 });
  expect(other.has(item)).toBe(false);
  expect(other.remove(item)).toBe(false);
  expect(one.has(item)).toBe(true);
});
