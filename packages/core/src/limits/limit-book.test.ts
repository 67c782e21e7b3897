import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LimitBook } from './limit-book.ts';
import type { LimitSpec } from './verdict.ts';

const MINUTE_MS = 60_000;

function bookOf(limits: LimitSpec, entriesMax?: number): LimitBook {
  return new LimitBook({
    limitsFor: (_project, _model, tier) => (tier === 'batch' ? null : { bucket: 'standard', limits }),
    ...(entriesMax === undefined ? {} : { entriesMax }),
  });
}

function enter(book: LimitBook, tokens: number, at: number, project = 'p'): boolean {
  return book.enter(project, 'm', 'standard', tokens, at).ok;
}

test('a denial says which limit, how much of it is used, and when to come back', () => {
  const book = bookOf({ requestsPerMinute: 100, tokensPerMinute: 600 });
  expect(enter(book, 500, 0)).toBe(true);
  const verdict = book.enter('p', 'm', 'standard', 300, 10_000);
  expect(verdict).toEqual({
    ok: false,
    denial: {
      kind: 'tokensPerMinute',
      tier: 'standard',
      limit: 600,
      used: 400,
      requested: 300,
      retryAfterMs: 10_000,
      never: false,
    },
  });
});

test('what is larger than a burst is refused for good', () => {
  const verdict = bookOf({ tokensPerMinute: 600 }).enter('p', 'm', 'standard', 601, 0);
  expect(verdict).toMatchObject({ ok: false, denial: { never: true, requested: 601 } });
  expect(verdict.ok || Number.isFinite(verdict.denial.retryAfterMs)).toBe(true);
});

test('a request takes from all of its buckets or from none', () => {
  const book = bookOf({ requestsPerMinute: 2, tokensPerMinute: 1_000, tokensPerDay: 1_500 });
  expect(enter(book, 900, 0)).toBe(true);
  expect(enter(book, 900, 0)).toBe(false);
  expect(book.report('p', 'm', 'standard', 0)).toEqual({
    requestsPerMinute: { limit: 2, remaining: 1, resetMs: 30_000 },
    tokensPerMinute: { limit: 1_000, remaining: 100, resetMs: 54_000 },
    tokensPerDay: { limit: 1_500, remaining: 600, resetMs: 51_840_000 },
  });
});

test('tiers of one bucket share it; projects and models do not; no grant means no limit', () => {
  const book = bookOf({ requestsPerMinute: 1 });
  expect(book.enter('p', 'm', 'standard', 1, 0).ok).toBe(true);
  expect(book.enter('p', 'm', 'flex', 1, 0).ok).toBe(false);
  expect(book.enter('q', 'm', 'standard', 1, 0).ok).toBe(true);
  expect(book.enter('p', 'n', 'standard', 1, 0).ok).toBe(true);
  expect(book.enter('p', 'm', 'batch', 1e9, 0).ok).toBe(true);
  expect(book.report('p', 'm', 'batch', 0)).toEqual({});
});

test('a release undoes an enter; a settlement of 0 gives back tokens and keeps the request', () => {
  const book = bookOf({ requestsPerMinute: 10, tokensPerMinute: 1_000 });
  enter(book, 400, 0);
  book.release('p', 'm', 'standard', 400, 0);
  expect(book.report('p', 'm', 'standard', 0)).toMatchObject({
    requestsPerMinute: { remaining: 10 },
    tokensPerMinute: { remaining: 1_000 },
  });
  enter(book, 400, 0);
  book.settle('p', 'm', 'standard', 400, 0, 0);
  expect(book.report('p', 'm', 'standard', 0)).toMatchObject({
    requestsPerMinute: { remaining: 9 },
    tokensPerMinute: { remaining: 1_000 },
  });
});

test('an answer that took more than was reserved is paid by those after it', () => {
  const book = bookOf({ tokensPerMinute: 600 });
  enter(book, 100, 0);
  book.settle('p', 'm', 'standard', 100, 900, 0);
  expect(book.enter('p', 'm', 'standard', 1, 0)).toMatchObject({ ok: false, denial: { retryAfterMs: 30_100 } });
});

test('the number of buckets is bounded; the fullest is forgotten first', () => {
  const book = bookOf({ requestsPerMinute: 1 }, 2);
  enter(book, 1, 0, 'a');
  enter(book, 1, 20_000, 'b');
  enter(book, 1, 30_000, 'c');
  expect(book.size).toBe(2);
  expect(enter(book, 1, 30_000, 'b')).toBe(false);
  expect(enter(book, 1, 30_000, 'c')).toBe(false);
});

test('any window admits at most its share of the limit, a burst, and what was given back in it', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 20_000 }),
    tokens: fc.integer({ min: 1, max: 400 }),
    used: fc.integer({ min: 0, max: 400 }),
    settles: fc.boolean(),
  });
  const limit = 1_000;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 3 * MINUTE_MS }), (steps, windowMs) => {
      const book = bookOf({ tokensPerMinute: limit });
      const flows: { at: number; tokens: number }[] = [];
      let at = 0;
      for (const { waitMs, tokens, used, settles } of steps) {
        at += waitMs;
        if (enter(book, tokens, at)) {
          flows.push({ at, tokens });
          if (settles) {
            const really = Math.min(used, tokens);
            book.settle('p', 'm', 'standard', tokens, really, at);
            flows.push({ at, tokens: really - tokens });
          }
        }
      }
      for (const first of flows) {
        const within = flows.filter((flow) => flow.at >= first.at && flow.at <= first.at + windowMs);
        const admitted = within.reduce((sum, flow) => sum + Math.max(0, flow.tokens), 0);
        const givenBack = within.reduce((sum, flow) => sum + Math.max(0, -flow.tokens), 0);
        expect(admitted).toBeLessThanOrEqual((windowMs / MINUTE_MS) * limit + limit + givenBack + 1e-6);
      }
    }),
  );
});

test('settling as reserved changes nothing, and enter with release leaves no trace, however often', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 200 }), (sizes) => {
      const book = bookOf({ requestsPerMinute: 1_000, tokensPerMinute: 1_000 });
      enter(book, 100, 0);
      const before = book.report('p', 'm', 'standard', 0);
      for (const tokens of sizes) {
        expect(enter(book, tokens, 0)).toBe(true);
        book.settle('p', 'm', 'standard', tokens, tokens, 0);
        book.release('p', 'm', 'standard', tokens, 0);
      }
      const after = book.report('p', 'm', 'standard', 0);
      expect(after.tokensPerMinute!.remaining).toBeCloseTo(before.tokensPerMinute!.remaining, -0.5);
      expect(after.tokensPerMinute!.resetMs).toBeCloseTo(before.tokensPerMinute!.resetMs, -0.5);
    }),
  );
});
