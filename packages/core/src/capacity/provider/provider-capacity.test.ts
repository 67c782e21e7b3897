import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Ask, EngineLoad } from '../capacity-model.ts';
import { ProviderCapacity } from './provider-capacity.ts';
import { DEFAULT_PROVIDER_LIMITS } from './provider-limits.ts';

const { windowStart, windowMax } = DEFAULT_PROVIDER_LIMITS;
const ASK: Ask = { tier: 'standard', promptTokens: 10, kvTokens: 30 };

/** A lane with what is under way on it, as a scheduler tells of it. */
class Lane {
  readonly model: ProviderCapacity;
  at = 0;
  #nth = 0;
  readonly underWay = new Set<number>();

  constructor(slots: number | 'auto' = 'auto') {
    this.model = new ProviderCapacity({ slots, provider: true });
  }

  get load(): EngineLoad {
    const slots = this.underWay.size;
    return {
      slots,
      flexSlots: 0,
      kvTokens: 0,
      streams: 0,
      contextTokens: 0,
      prefills: slots,
      prefillTokens: 0,
      flexPrefills: 0,
      flexPrefillTokens: 0,
    };
  }

  admits(tokens: number = ASK.kvTokens): boolean {
    return this.model.admits({ ...ASK, kvTokens: tokens }, this.load, this.at);
  }

  start(tokens: number = ASK.kvTokens): number {
    this.#nth += 1;
    this.underWay.add(this.#nth);
    this.model.observe({ kind: 'started', at: this.at, nth: this.#nth, tokens }, this.load);
    return this.#nth;
  }

  /** As many as it takes. */
  fill(): number[] {
    const started: number[] = [];
    while (this.admits()) started.push(this.start());
    return started;
  }

  firstToken(nth: number, ttftMs = 100): void {
    const signal = { kind: 'first-token', at: this.at, nth, tier: 'standard', ttftMs, expectedMs: null } as const;
    this.model.observe({ ...signal, inputTokens: 10, unclear: false }, this.load);
  }

  end(nth: number, answered = false): void {
    this.underWay.delete(nth);
    this.model.observe({ kind: 'ended', at: this.at, nth, answered }, this.load);
  }

  bounce(nth: number): void {
    this.model.observe({ kind: 'bounced', at: this.at, nth }, this.load);
    this.model.observe({ kind: 'paused', at: this.at }, this.load);
    this.end(nth);
  }

  limits(requests?: number, tokens?: number, resetsInMs = 1_000): void {
    this.model.observe(
      {
        kind: 'limits',
        at: this.at,
        ...(requests === undefined ? {} : { requests: { remaining: requests, resetsInMs } }),
        ...(tokens === undefined ? {} : { tokens: { remaining: tokens, resetsInMs } }),
      },
      this.load,
    );
  }
}

test('the window begins generous, and at what was stated where that is less', () => {
  expect(new Lane().fill()).toHaveLength(windowStart);
  expect(new Lane(3).fill()).toHaveLength(3);
  expect(new Lane().model.kvTokensLimit).toBe(Infinity);
});

test('the window grows with successes, up to its bound, while it is used', () => {
  const lane = new Lane();
  for (const nth of lane.fill()) lane.firstToken(nth);
  expect(lane.model.slotsLimit).toBe(2 * windowStart);
  const idle = new Lane();
  for (let index = 0; index < 100; index += 1) {
    const nth = idle.start();
    idle.firstToken(nth);
    idle.end(nth);
  }
  expect(idle.model.slotsLimit).toBe(windowStart);
  for (let round = 0; round < 8; round += 1) {
    for (const nth of [...lane.underWay]) lane.end(nth);
    for (const nth of lane.fill()) lane.firstToken(nth);
  }
  expect(lane.model.slotsLimit).toBe(windowMax);
});

test('an answer in one piece is a success when it is complete, once', () => {
  const lane = new Lane();
  const started = lane.fill();
  lane.end(started[0]!, true);
  lane.end(started[1]!, false);
  expect(lane.model.slotsLimit).toBe(windowStart + 1);
});

test('a refusal halves what is under way, once for all that was sent before', () => {
  const lane = new Lane();
  const started = lane.fill();
  for (const nth of started.slice(0, 10)) lane.bounce(nth);
  expect(lane.model.slotsLimit).toBe(windowStart / 2);
  // After the first refusal it grows by one for each windowful.
  for (const nth of started.slice(10)) lane.firstToken(nth);
  expect(lane.model.slotsLimit).toBe(windowStart / 2 + 1);
});

test('a refusal never leaves less than one', () => {
  const lane = new Lane();
  for (let round = 0; round < 5; round += 1) {
    lane.bounce(lane.start());
    expect(lane.admits()).toBe(true);
  }
  expect(lane.model.slotsLimit).toBe(1);
});

test('after a pause one request goes first, and its success opens the window', () => {
  const lane = new Lane();
  const before = lane.fill();
  lane.bounce(before[0]!);
  for (const nth of before.slice(1)) lane.end(nth);
  const probe = lane.start();
  expect(lane.admits()).toBe(false);
  lane.firstToken(probe);
  expect(lane.fill()).toHaveLength(windowStart / 2 - 1);
});

test('what was sent before the pause is no probe, whatever becomes of it', () => {
  const lane = new Lane();
  const before = lane.fill().slice(0, 4);
  lane.bounce(before[0]!);
  for (const nth of [...lane.underWay].slice(4)) lane.end(nth);
  lane.firstToken(before[1]!);
  lane.end(before[1]!, true);
  lane.start();
  expect(lane.admits()).toBe(false);
});

test('a probe that tells nothing makes room for another', () => {
  const lane = new Lane();
  lane.bounce(lane.start());
  const probe = lane.start();
  expect(lane.admits()).toBe(false);
  lane.end(probe);
  expect(lane.admits()).toBe(true);
});

test('what is left of a limit is what is sent, until it resets', () => {
  const lane = new Lane();
  lane.limits(2);
  expect(lane.fill()).toHaveLength(2);
  expect(lane.model.reviewAt).toBe(1_000);
  expect(lane.model.closedUntil(ASK, lane.at)).toBe(1_000);
  lane.at = 1_000;
  expect(lane.admits()).toBe(true);
});

test('tokens are counted as prompt and longest answer', () => {
  const lane = new Lane();
  lane.limits(undefined, 100);
  lane.start(60);
  expect(lane.admits(41)).toBe(false);
  expect(lane.admits(40)).toBe(true);
});

test('a later word replaces an earlier one, and one that is past its reset counts for nothing', () => {
  const lane = new Lane();
  lane.limits(0);
  expect(lane.admits()).toBe(false);
  lane.limits(1);
  expect(lane.admits()).toBe(true);
  lane.limits(0, 0, 0);
  expect(lane.admits()).toBe(true);
});

test('a review is asked for only where somebody was refused, and not twice', () => {
  const lane = new Lane();
  lane.limits(5, 1_000);
  expect(lane.admits()).toBe(true);
  expect(lane.model.reviewAt).toBeNull();
  expect(lane.admits(2_000)).toBe(false);
  expect(lane.model.reviewAt).toBe(1_000);
  lane.at = 1_000;
  lane.model.observe({ kind: 'review', at: 1_000 }, lane.load);
  expect(lane.model.reviewAt).toBeNull();
});

test('the first token is expected as it came lately', () => {
  const lane = new Lane();
  const expected = (): number | null => lane.model.firstTokenMs(ASK, lane.load, null);
  expect(expected()).toBeNull();
  lane.firstToken(lane.start(), 200);
  expect(expected()).toBe(200);
  lane.firstToken(lane.start(), 300);
  expect(expected()).toBeCloseTo(220);
});

test('a lane that comes up anew begins anew, and its limits are the account’s still', () => {
  const lane = new Lane();
  lane.bounce(lane.start());
  lane.limits(3);
  lane.model.observe({ kind: 'restarted', at: 0 }, lane.load);
  expect(lane.model.slotsLimit).toBe(windowStart);
  expect(lane.fill()).toHaveLength(3);
});

test('whatever happens, it keeps to the window, to what it was told is left, and to one probe', () => {
  const step = fc.record({
    what: fc.constantFrom('start', 'start', 'start', 'first', 'answered', 'gone', 'bounce', 'limits', 'wait'),
    which: fc.nat(),
    amount: fc.nat(40),
  });
  fc.assert(
    fc.property(fc.constantFrom<number | 'auto'>('auto', 1, 5), fc.array(step, { maxLength: 200 }), (slots, steps) => {
      const lane = new Lane(slots);
      let left = Infinity;
      let resetsAt = -Infinity;
      let probing = false;
      let probe: number | null = null;
      for (const { what, which, amount } of steps) {
        const nth = [...lane.underWay][which % Math.max(1, lane.underWay.size)];
        switch (what) {
          case 'start':
            if (lane.admits()) {
              expect(lane.underWay.size).toBeLessThan(lane.model.slotsLimit);
              expect(left >= 1 || lane.at >= resetsAt).toBe(true);
              expect(probing && probe !== null).toBe(false);
              left -= 1;
              const started = lane.start();
              probe = probing ? started : null;
            }
            break;
          case 'limits':
            lane.limits(amount % 5, undefined, amount);
            left = amount % 5;
            resetsAt = lane.at + amount;
            break;
          case 'wait':
            lane.at += amount;
            break;
          default:
            if (nth === undefined) break;
            if (what === 'first') lane.firstToken(nth);
            else if (what === 'bounce') lane.bounce(nth);
            else lane.end(nth, what === 'answered');
            if (what === 'bounce') probe = null;
            if (what === 'bounce') probing = true;
            else if (nth === probe && what !== 'gone') probing = false;
            if (nth === probe && what !== 'first') probe = null;
        }
        expect(lane.model.slotsLimit).toBeGreaterThanOrEqual(1);
        expect(lane.model.slotsLimit).toBeLessThanOrEqual(slots === 'auto' ? windowMax : slots);
      }
    }),
  );
});
