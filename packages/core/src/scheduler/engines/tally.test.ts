import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Ask, CapacityModel, EngineLoad } from '../../capacity/capacity-model.ts';
import { StaticCapacity } from '../../capacity/static-capacity.ts';
import { leastLossFirst } from '../policy/policy.ts';
import { Entry } from '../queues/entry.ts';
import { Pool } from '../queues/pool.ts';
import { DEFAULT_SCHEDULER_LIMITS } from '../scheduler-limits.ts';
import type { TicketSpec } from '../ticket.ts';
import { Engine } from './engine.ts';
import { Run } from './run.ts';

const KEYS = [
  'slots',
  'flexSlots',
  'kvTokens',
  'streams',
  'contextTokens',
  'prefills',
  'prefillTokens',
  'flexPrefills',
  'flexPrefillTokens',
] as const;
type Load = Record<(typeof KEYS)[number], number>;

/** Takes everybody, and keeps the load that it was asked about. */
class Asked extends StaticCapacity {
  load: Load | null = null;

  override admits(_ask: Ask, load: EngineLoad, _at: number): boolean {
    this.load = Object.fromEntries(KEYS.map((key) => [key, load[key]])) as Load;
    return true;
  }
}

interface Counted {
  readonly run: Run;
  readonly flex: boolean;
  decoding: boolean;
  context: number;
  victim: boolean;
  leaving: boolean;
}

function recount(runs: readonly Counted[]): Load {
  const sum = (of: readonly Counted[], value: (each: Counted) => number): number =>
    of.reduce((total, each) => total + value(each), 0);
  const flex = runs.filter((each) => each.flex);
  const streams = runs.filter((each) => each.decoding);
  const prefills = runs.filter((each) => !each.decoding);
  const flexPrefills = prefills.filter((each) => each.flex);
  return {
    slots: runs.length,
    flexSlots: flex.length,
    kvTokens: sum(runs, ({ run }) => run.entry.tokensMax),
    streams: streams.length,
    contextTokens: sum(streams, ({ context }) => context),
    prefills: prefills.length,
    prefillTokens: sum(prefills, ({ context }) => context),
    flexPrefills: flexPrefills.length,
    flexPrefillTokens: sum(flexPrefills, ({ context }) => context),
  };
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('start' as const), flex: fc.boolean(), tokens: fc.nat(500) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('first-token' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('beat' as const), tokens: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('told' as const), which: fc.nat(), tokens: fc.nat(900) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('immune' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evicted' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('given up' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat() }) },
);

test('the load of an engine, and what is left of it without those that leave or might, is what counting one by one gives', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const model = new Asked(1_000, Infinity);
      const engine = new Engine('e', 0, model satisfies CapacityModel, leastLossFirst);
      const pool = new Pool('m', DEFAULT_SCHEDULER_LIMITS);
      let runs: Counted[] = [];
      let made = 0;
      const newcomer = entryOf(pool, made, true, 10);
      for (const each of steps) {
        if (each.kind === 'start') {
          made += 1;
          const run = new Run(entryOf(pool, made, each.flex, each.tokens), engine, made, 0);
          engine.take(run);
          engine.setVictim(run, each.flex);
          runs.push({ run, flex: each.flex, decoding: false, context: each.tokens, victim: each.flex, leaving: false });
        } else if (each.kind === 'beat') {
          engine.beat(each.tokens);
          for (const counted of runs) if (counted.decoding) counted.context += each.tokens;
        } else if (runs.length > 0) {
          const counted = runs[each.which % runs.length]!;
          const { run } = counted;
          switch (each.kind) {
            case 'first-token':
              engine.decodes(run);
              counted.context += counted.decoding ? 0 : 1;
              counted.decoding = true;
              break;
            case 'told':
              engine.contextIs(run, each.tokens);
              counted.context = counted.decoding ? each.tokens : counted.context;
              break;
            case 'immune':
              engine.setVictim(run, false);
              counted.victim = false;
              break;
            case 'evicted':
              if (counted.victim && !counted.leaving) {
                engine.evictionBegan(run);
                counted.victim = false;
                counted.leaving = true;
              }
              break;
            case 'given up':
              if (counted.leaving) engine.evictionEnded(run);
              counted.leaving = false;
              break;
            case 'end':
              if (counted.leaving) engine.evictionEnded(run);
              engine.release(run, true, 0);
              runs = runs.filter((other) => other !== counted);
          }
        }
        engine.admits(newcomer, 0);
        expect(model.load).toEqual(recount(runs));
        engine.admitsSoon(newcomer, 0);
        expect(model.load).toEqual(recount(runs.filter(({ leaving }) => !leaving)));
        engine.couldAdmit(newcomer, 0);
        expect(model.load).toEqual(recount(runs.filter(({ leaving, victim }) => !leaving && !victim)));
        engine.admitsOnceRead(newcomer, 0);
        expect(model.load).toEqual(recount(runs.map((counted) => ({ ...counted, decoding: true }))));
      }
    }),
  );
});

function entryOf(pool: Pool, number: number, flex: boolean, inputTokens: number): Entry {
  const spec: TicketSpec = {
    id: String(number),
    project: 'p',
    model: 'm',
    ladder: [{ tier: flex ? 'flex' : 'standard', patienceMs: 1, why: 'asked' }],
    inputTokens,
    outputTokensMax: 7 * number,
    deadlineAt: 0,
    continuation: 'continue',
    bytes: 1,
  };
  return new Entry(spec, pool, number, 0);
}
