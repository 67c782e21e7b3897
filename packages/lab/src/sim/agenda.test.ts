import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Agenda } from './agenda.ts';

test('what is due first comes first, and equal times in the order in which they were planned', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
      const agenda = new Agenda<{ atMs: number; order: number }>();
      times.forEach((atMs, order) => {
        agenda.plan(atMs, { atMs, order });
      });
      const taken: { atMs: number; order: number }[] = [];
      while (agenda.nextAtMs < Infinity) taken.push(agenda.take());
      const sorted = times.map((atMs, order) => ({ atMs, order })).sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      expect(taken).toEqual(sorted);
    }),
  );
});

test('taking and planning may alternate', () => {
  const agenda = new Agenda<string>();
  agenda.plan(5, 'b');
  agenda.plan(1, 'a');
  expect(agenda.take()).toBe('a');
  agenda.plan(3, 'between');
  expect([agenda.take(), agenda.take()]).toEqual(['between', 'b']);
  expect(agenda.nextAtMs).toBe(Infinity);
});
