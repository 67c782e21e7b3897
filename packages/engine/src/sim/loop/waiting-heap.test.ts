import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUrgency, Sequence } from './sequence.ts';
import { WaitingHeap } from './waiting-heap.ts';

describe('WaitingHeap', () => {
  it('gives members by priority, then arrival, then order, whatever was removed between', () => {
    const member = fc.record({
      priority: fc.integer({ min: -2, max: 2 }),
      arrivalMs: fc.nat(5),
      removed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 60 }), (members) => {
        const heap = new WaitingHeap();
        const sequences = members.map(({ priority, arrivalMs }, order) => {
          const request = { id: String(order), priority, arrivalMs, promptTokens: 1, outputTokens: 1 };
          return new Sequence(request, order);
        });
        for (const sequence of sequences) heap.push(sequence);
        const kept = sequences.filter((sequence, index) => {
          if (members[index]!.removed) heap.remove(sequence);
          return !members[index]!.removed;
        });
        const order: Sequence[] = [];
        for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
          heap.remove(next);
          order.push(next);
        }
        expect(order).toEqual(kept.toSorted(compareUrgency));
      }),
    );
  });
});
