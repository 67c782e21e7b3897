import { expect, test } from 'vitest';
import type { Gate } from '../limits/verdict.ts';
import type { Decision } from './decisions.ts';
import type { SchedulerEvent } from './events.ts';
import { Scheduler } from './scheduler.ts';
import type { Rung, TicketSpec } from './ticket.ts';

const UNLIMITED: Gate = { enter: () => ({ ok: true }), settle: () => undefined, release: () => undefined };

const FLEX: Rung = { tier: 'flex', patienceMs: 10_000, why: 'asked' };
const FALLBACK: Rung = { tier: 'standard', patienceMs: 10_000, why: 'fallback' };
const STANDARD: Rung = { tier: 'standard', patienceMs: 10_000, why: 'asked' };

function ticket(id: string, ladder: readonly Rung[], more: Partial<TicketSpec> = {}): TicketSpec {
  return {
    id,
    project: 'p',
    model: 'm',
    ladder,
    inputTokens: 1,
    outputTokensMax: 1,
    deadlineAt: 0,
    continuation: 'continue',
    bytes: 1,
    ...more,
  };
}

/** A scheduler with one slot. */
function oneSlot(): (event: SchedulerEvent) => Decision[] {
  const scheduler = new Scheduler({ gate: UNLIMITED });
  scheduler.handle({ kind: 'engine-up', at: 0, engine: 'e', models: ['m'], capacity: { slots: 1 } });
  return (event) => scheduler.handle(event);
}

function kinds(decisions: readonly Decision[]): string[] {
  return decisions.map((decision) => `${decision.kind} ${decision.id}`);
}

test('no wait reaches beyond the time at which the client leaves, whatever number of rungs it takes', () => {
  const handle = oneSlot();
  handle({ kind: 'submit', at: 0, ticket: ticket('holder', [STANDARD]) });
  handle({ kind: 'submit', at: 0, ticket: ticket('leaver', [FLEX, FALLBACK], { leavesAt: 12_000 }) });
  expect(handle({ kind: 'tick', at: 9_999 })).toEqual([]);
  expect(handle({ kind: 'tick', at: 10_000 })).toMatchObject([{ kind: 'move', id: 'leaver', to: 'standard' }]);
  expect(handle({ kind: 'tick', at: 11_999 })).toEqual([]);
  expect(handle({ kind: 'tick', at: 12_000 })).toMatchObject([
    { kind: 'refuse', id: 'leaver', tier: 'standard', reason: 'contended' },
  ]);
});

test('an evicted ticket does not wait for its next run beyond that time either', () => {
  const handle = oneSlot();
  handle({ kind: 'submit', at: 0, ticket: ticket('evicted', [FLEX], { leavesAt: 5_000 }) });
  expect(kinds(handle({ kind: 'submit', at: 100, ticket: ticket('urgent', [STANDARD]) }))).toEqual(['evict evicted']);
  handle({ kind: 'stopped', at: 100, id: 'evicted', cause: 'evicted', outputTokens: 1 });
  expect(handle({ kind: 'tick', at: 4_999 })).toEqual([]);
  expect(kinds(handle({ kind: 'tick', at: 5_000 }))).toEqual(['refuse evicted']);
});

test('a client that was told its tier with the first words is never moved to another', () => {
  const handle = oneSlot();
  handle({ kind: 'submit', at: 0, ticket: ticket('told', [FLEX, FALLBACK]) });
  handle({ kind: 'committed', at: 50, id: 'told' });
  handle({ kind: 'submit', at: 100, ticket: ticket('urgent', [STANDARD]) });
  handle({ kind: 'stopped', at: 100, id: 'told', cause: 'evicted', outputTokens: 1 });
  expect(handle({ kind: 'tick', at: 1_000_000 })).toMatchObject([{ kind: 'refuse', id: 'told', tier: 'flex' }]);
});
