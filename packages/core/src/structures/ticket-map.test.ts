import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TicketMap } from './ticket-map.ts';

type Step = readonly ['set' | 'delete' | 'get', number];

/** Few distinct keys, so that they meet; some share their last characters, so that their hashes do. */
function keyOf(n: number): string {
  return n % 2 === 0 ? `req_${String(n % 40)}` : `${String(n % 40)}_the_same_long_ending`;
}

test('behaves as a Map does', () => {
  const step = fc.tuple(fc.constantFrom('set' as const, 'delete' as const, 'get' as const), fc.nat(80));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps: Step[]) => {
      const map = new TicketMap<{ n: number }>();
      const model = new Map<string, { n: number }>();
      for (const [what, n] of steps) {
        const key = keyOf(n);
        if (what === 'set') {
          const value = { n };
          map.set(key, value);
          model.set(key, value);
        } else if (what === 'delete') {
          expect(map.delete(key)).toBe(model.delete(key));
        }
        expect(map.get(key)).toBe(model.get(key));
        expect(map.has(key)).toBe(model.has(key));
        expect(map.size).toBe(model.size);
      }
      expect(new Set(map.values())).toEqual(new Set(model.values()));
    }),
  );
});

test('grows with its tickets and finds all of them', () => {
  const map = new TicketMap<{ n: number }>();
  for (let n = 0; n < 20_000; n += 1) {
    map.set(`req_${n.toString(36)}`, { n });
  }
  for (let n = 0; n < 20_000; n += 2) {
    map.delete(`req_${n.toString(36)}`);
  }
  expect(map.size).toBe(10_000);
  for (let n = 0; n < 20_000; n += 1) {
    expect(map.get(`req_${n.toString(36)}`)?.n).toBe(n % 2 === 0 ? undefined : n);
  }
});
