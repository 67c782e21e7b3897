import { LimitBook, Scheduler, shadowCapacity, type Decision, type SchedulerEvent } from '@offpeak/core';
import { afterEach, expect, test } from 'vitest';
import { Desk, PROGRESS_EVERY_MS, type TicketOwner } from './desk.ts';

class HeardScheduler extends Scheduler {
  readonly heard: SchedulerEvent[] = [];

  override handle(event: SchedulerEvent): Decision[] {
    this.heard.push(event);
    return super.handle(event);
  }

  progressOf(id: string): SchedulerEvent[] {
    return this.heard.filter((event) => event.kind === 'progress' && event.id === id);
  }
}

class Owner implements TicketOwner {
  readonly ticketId: string;
  readonly waitsEvictable = false;
  outputTokens = 0;
  watched = false;
  reports = 0;

  constructor(ticketId: string) {
    this.ticketId = ticketId;
  }

  watch(): void {
    this.watched = true;
  }

  progressReported(): void {
    this.reports += 1;
  }

  readonly faults: unknown[] = [];

  broke(error: unknown): void {
    this.faults.push(error);
    desk.cancel(this.ticketId, 0);
  }

  start(): void {}
  evict(): void {}
  moved(): void {}
  refused(): void {}
  failed(): void {}
  reconfigured(): void {}
  stop(): void {}
}

const gate = new LimitBook({ limitsFor: () => null });
const scheduler = new HeardScheduler({ gate, capacity: shadowCapacity() });
const desk = new Desk(scheduler);

function submit(owner: Owner, model = 'm'): void {
  const at = desk.now();
  const ticket = {
    id: owner.ticketId,
    project: 'p',
    model,
    ladder: [{ tier: 'standard', patienceMs: 1_000, why: 'asked' }],
    inputTokens: 10,
    outputTokensMax: 10,
    deadlineAt: at + 1_000,
    continuation: 'none',
    bytes: 10,
  } as const;
  desk.submit(ticket, owner, at);
}

afterEach(() => {
  desk.close();
});

test('a stream that is followed is told of by its owner, and not again by the sweep', async () => {
  desk.send({ kind: 'engine-up', at: desk.now(), engine: 'e', models: ['m'], capacity: { slots: 4 } });
  const [followed, other] = [new Owner('followed'), new Owner('other')];
  for (const owner of [followed, other]) {
    submit(owner);
    desk.send({ kind: 'first-token', at: desk.now(), id: owner.ticketId });
    desk.progressed(owner);
  }
  expect([followed.watched, other.watched]).toEqual([true, false]);
  await new Promise((resolve) => setTimeout(resolve, PROGRESS_EVERY_MS / 4));
  expect([followed.reports, other.reports]).toEqual([1, 1]);
  expect(scheduler.progressOf('followed')).toEqual([]);
  expect(scheduler.progressOf('other')).toHaveLength(1);
  desk.finish('followed', 'completed', 10, 3);
  expect(other.watched).toBe(true);
});

test('an owner that throws ends its own ticket, and the decisions after it are carried out', () => {
  const fault = new Error('out of order');
  class Faulty extends Owner {
    override start(): void {
      throw fault;
    }
  }
  class Counting extends Owner {
    starts = 0;

    override start(): void {
      this.starts += 1;
    }
  }
  const before = desk.size;
  const [faulty, next, last] = [new Faulty('faulty'), new Counting('next'), new Counting('last')];
  // Nobody has the model yet; once the engine is up, one decision after another comes out of one event.
  for (const owner of [faulty, next, last]) submit(owner, 'late');
  desk.send({ kind: 'engine-up', at: desk.now(), engine: 'late', models: ['late'], capacity: { slots: 2 } });
  expect(faulty.faults).toEqual([fault]);
  expect([next.starts, last.starts]).toEqual([1, 1]);
  for (const owner of [next, last]) desk.finish(owner.ticketId, 'completed', 10, 1);
  expect(desk.size).toBe(before);
});

test('what all are told reaches those behind one that cannot take it in', () => {
  const fault = new Error('not now');
  class Faulty extends Owner {
    override reconfigured(): void {
      throw fault;
    }
  }
  const before = desk.size;
  const [faulty, next] = [new Faulty('first told'), new Owner('told next')];
  for (const owner of [faulty, next]) submit(owner, 'nowhere');
  const told: TicketOwner[] = [];
  desk.tellAll((owner) => {
    owner.reconfigured();
    told.push(owner);
  });
  expect(faulty.faults).toEqual([fault]);
  expect([told.includes(faulty), told.includes(next)]).toEqual([false, true]);
  desk.cancel(next.ticketId, 0);
  expect(desk.size).toBe(before);
});
