import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

const SEEDS_DEFAULT = 2_000;

const only = process.env['OFFPEAK_SIM_SEED'];
const count = Number(process.env['OFFPEAK_SIM_SEEDS'] ?? SEEDS_DEFAULT);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];

function replayed(seed: number): ReturnType<typeof simulate> {
  try {
    return simulate(seed);
  } catch (cause) {
    const command = `OFFPEAK_SIM_SEED=${String(seed)} npx vitest run packages/core/src/simulation`;
    throw new Error(`${(cause as Error).message}\n\nreplay: ${command}`, { cause });
  }
}

test(`${String(seeds.length)} seeds of faults break no invariant`, { timeout: 300_000 }, () => {
  const decisions: Record<string, number> = {};
  const outcomes: Record<string, number> = {};
  let events = 0;
  for (const seed of seeds) {
    const report = replayed(seed);
    events += report.events;
    addUp(decisions, report.decisions);
    addUp(outcomes, report.outcomes);
  }
  if (only === undefined && count >= SEEDS_DEFAULT) {
    // Scenarios that never evict or never fail would prove nothing.
    const lanes = ['start on a lane', 'start again on a lane', 'start on a higher rank'];
    for (const kind of [
      ...lanes,
      'start',
      'watch',
      'evict room',
      'move',
      'refuse contended',
      'refuse expired',
      'fail',
    ]) {
      expect(decisions[kind], kind).toBeGreaterThan(count / 10);
    }
    const rarer = ['evict strain', 'evict prompt', 'evict backlog'];
    for (const kind of [...rarer, 'refuse infeasible', 'refuse no-capacity', 'refuse limited']) {
      expect(decisions[kind], kind).toBeGreaterThan(count / 200);
    }
    for (const outcome of ['completed', 'failed', 'cancelled', 'refused', 'lost']) {
      expect(outcomes[outcome], outcome).toBeGreaterThan(count / 10);
    }
  }
  expect(events).toBeGreaterThan(seeds.length);
});

test('the same seed gives the same run, event for event', () => {
  for (const seed of seeds.slice(0, 50)) {
    expect(simulate(seed).digest).toBe(simulate(seed).digest);
  }
  expect(simulate(1).digest).not.toBe(simulate(2).digest);
});

function addUp(totals: Record<string, number>, part: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(part)) {
    totals[key] = (totals[key] ?? 0) + value;
  }
}
