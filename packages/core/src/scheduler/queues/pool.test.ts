import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StaticCapacity } from '../../capacity/static-capacity.ts';
import { Engine } from '../engines/engine.ts';
import { leastLossFirst } from '../policy/policy.ts';
import { DEFAULT_SCHEDULER_LIMITS } from '../scheduler-limits.ts';
import type { TicketSpec } from '../ticket.ts';
import { Entry } from './entry.ts';
import { Pool } from './pool.ts';

const SIZES = [100, 100, 1_000, 2_000];
const NAMES = SIZES.map((_, at) => `e${String(at)}`);

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      project: fc.nat(2),
      tokens: fc.constantFrom(10, 500, 1_500),
      pins: fc.option(fc.subarray(NAMES, { minLength: 1 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('shrink' as const), engine: fc.nat(3) }) },
);

test('the next ticket of an engine is the first, in order, of those that may run there', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = new Pool('m', DEFAULT_SCHEDULER_LIMITS);
      const engines = SIZES.map((size, at) => new Engine(NAMES[at]!, at, new StaticCapacity(1, size), leastLossFirst));
      const comes = (engine: Engine): void => {
        engine.serve([pool], {});
        pool.engineCame(engine);
      };
      engines.forEach(comes);
      let waiting: Entry[] = [];
      for (const [seq, each] of steps.entries()) {
        if (each.kind === 'add') {
          const entry = entryOf(pool, seq, `p${String(each.project)}`, each.tokens, each.pins);
          pool.add(entry);
          waiting.push(entry);
        } else if (each.kind === 'shrink') {
          engines[each.engine]!.capacity = new StaticCapacity(1, 100);
          comes(engines[each.engine]!);
        } else if (waiting.length > 0) {
          const entry = waiting[each.which % waiting.length]!;
          pool.remove(entry);
          waiting = waiting.filter((other) => other !== entry);
        }
        for (const engine of engines) {
          const possible = waiting.filter(
            ({ engines: pins, tokensMax }) =>
              (pins?.includes(engine.name) ?? true) && tokensMax <= engine.capacity.kvTokensLimit,
          );
          expect(pool.headFor(engine, false, 0)?.seq).toBe(possible.sort(inOrder)[0]?.seq);
        }
      }
    }),
  );
});

/** Nobody was served anything yet: projects in the order in which they began to wait, and inside one the earliest deadline. */
function inOrder(a: Entry, b: Entry): number {
  return a.account!.activation - b.account!.activation || a.orderAt - b.orderAt || a.seq - b.seq;
}

function entryOf(pool: Pool, seq: number, project: string, tokens: number, pins: readonly string[] | null): Entry {
  const spec: TicketSpec = {
    id: String(seq),
    project,
    model: 'm',
    ladder: [{ tier: 'flex', patienceMs: 1, why: 'asked' }],
    inputTokens: tokens,
    outputTokensMax: 0,
    deadlineAt: (seq * 7) % 5,
    continuation: 'continue',
    bytes: 1,
    ...(pins === null ? {} : { engines: pins }),
  };
  return new Entry(spec, pool, seq, 0);
}
