import type { Gate } from '../../limits/verdict.ts';
import type { Tier } from '../../tiers/tier.ts';
import type { Decision } from '../decisions.ts';
import type { CapacitySpec, Place, SchedulerEvent } from '../events.ts';
import { Scheduler, type SchedulerOptions } from '../scheduler.ts';
import type { TicketSpec } from '../ticket.ts';

export const OPEN_GATE: Gate = {
  enter: () => ({ ok: true }),
  settle: () => undefined,
  release: () => undefined,
};

type Untimed<E> = E extends { readonly at: number } ? Omit<E, 'at'> : never;

/** Tells a scheduler what happens, one line per event, and reads decisions as one line each. */
export class Driver {
  readonly scheduler: Scheduler;
  at = 0;

  constructor(options: Partial<SchedulerOptions> = {}) {
    this.scheduler = new Scheduler({ gate: OPEN_GATE, ...options });
  }

  tell(event: Untimed<SchedulerEvent>): Decision[] {
    return this.scheduler.handle({ ...event, at: this.at });
  }

  /** `place`: for each of its models. */
  up(
    engine: string,
    slots: CapacitySpec['slots'],
    more: { kvTokens?: number; models?: string[]; provider?: boolean; tiers?: Tier[]; place?: Place } = {},
  ): string[] {
    const { models = ['m'], tiers, place, ...size } = more;
    return lines(
      this.tell({
        kind: 'engine-up',
        engine,
        models,
        capacity: { slots, ...size },
        ...(tiers === undefined ? {} : { tiers }),
        ...(place === undefined ? {} : { places: Object.fromEntries(models.map((model) => [model, place])) }),
      }),
    );
  }

  /** A hosted provider's lane. */
  lane(
    engine: string,
    tiers: Tier[],
    more: { slots?: CapacitySpec['slots']; models?: string[]; place?: Place } = {},
  ): string[] {
    const { slots = 'auto', ...rest } = more;
    return this.up(engine, slots, { provider: true, tiers, ...rest });
  }

  submit(id: string, tier: Tier, more: Partial<TicketSpec> & { patienceMs?: number } = {}): string[] {
    const { patienceMs = 60_000, ...rest } = more;
    const ticket: TicketSpec = {
      id,
      project: 'p',
      model: 'm',
      ladder: [{ tier, patienceMs, why: 'asked' }],
      inputTokens: 10,
      outputTokensMax: 10,
      deadlineAt: this.at + 1_000_000,
      continuation: 'continue',
      bytes: 100,
      ...rest,
    };
    return lines(this.tell({ kind: 'submit', ticket }));
  }

  finish(id: string, outputTokens = 10): string[] {
    return lines(this.tell({ kind: 'finish', id, outcome: 'completed', inputTokens: 10, outputTokens }));
  }

  stopped(id: string, cause: 'evicted' | 'lost' | 'bounced' = 'evicted', outputTokens = 0, pauseMs?: number): string[] {
    return lines(
      this.tell({ kind: 'stopped', id, cause, outputTokens, ...(pauseMs === undefined ? {} : { pauseMs }) }),
    );
  }

  progress(id: string, outputTokens: number): string[] {
    return lines(this.tell({ kind: 'progress', id, outputTokens }));
  }

  /** Time passes, with a tick whenever one is due. */
  wait(ms: number): string[] {
    const end = this.at + ms;
    const decisions: Decision[] = [];
    for (let due = this.scheduler.wakeAt(); due !== null && due <= end; due = this.scheduler.wakeAt()) {
      this.at = Math.max(this.at, due);
      decisions.push(...this.tell({ kind: 'tick' }));
    }
    this.at = end;
    return lines(decisions);
  }
}

export function lines(decisions: readonly Decision[]): string[] {
  return decisions.map((decision) => {
    switch (decision.kind) {
      case 'start':
        return `start ${decision.id} on ${decision.engine}${decision.resume ? ' again' : ''}`;
      case 'evict':
        return `evict ${decision.id} from ${decision.engine}`;
      case 'watch':
        return `watch ${decision.id}`;
      case 'move':
        return `move ${decision.id} to ${decision.to} (${decision.why})`;
      case 'refuse':
        return `refuse ${decision.id} at ${decision.tier}: ${decision.reason}`;
      case 'fail':
        return `fail ${decision.id}`;
    }
  });
}
