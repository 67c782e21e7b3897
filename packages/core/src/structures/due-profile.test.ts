import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueProfile } from './due-profile.ts';

const SPAN_MS = 10_000;

test('it counts times up to another, as comparing them one by one does, to within a span', () => {
  const at = fc.oneof(
    fc.integer({ min: -50_000, max: 400_000 }),
    fc.constantFrom(Infinity, 1.8e12, 1.8e12 + 3 * SPAN_MS, 1e15),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ at, stays: fc.boolean() }), { maxLength: 100 }), at, (times, asked) => {
      const profile = new DueProfile();
      for (const each of times) profile.add(each.at);
      for (const each of times) if (!each.stays) profile.remove(each.at);
      const staying = times.filter(({ stays }) => stays).map((each) => each.at);
      const count = profile.upTo(asked);
      expect(count).toBeGreaterThanOrEqual(staying.filter((each) => each <= asked).length);
      if (asked < 1e12) {
        expect(count).toBeLessThanOrEqual(staying.filter((each) => each < Math.max(asked, 0) + SPAN_MS).length);
      }
    }),
  );
});
