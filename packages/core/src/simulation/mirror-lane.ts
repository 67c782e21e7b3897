import type { LimitRest } from '../scheduler/events.ts';
import type { SchedulerLimits } from '../scheduler/scheduler-limits.ts';
import type { MirrorTicket } from './mirror.ts';

interface Rest {
  left: number;
  readonly resetsAt: number;
}

/** What a driver knows of a hosted provider's lane from what it told of it. */
export class MirrorLane {
  requests: Rest | null = null;
  tokens: Rest | null = null;
  /** Nothing of what started since the last pause has succeeded; and what is under way of that. */
  probing = false;
  probe: MirrorTicket | null = null;
  readonly #since: number;
  #successes = 0;
  #retries = 0;

  constructor(since: number) {
    this.#since = since;
  }

  told(requests: LimitRest | undefined, tokens: LimitRest | undefined, at: number): void {
    if (requests !== undefined) this.requests = { left: requests.remaining, resetsAt: at + requests.resetsInMs };
    if (tokens !== undefined) this.tokens = { left: tokens.remaining, resetsAt: at + tokens.resetsInMs };
  }

  paused(): void {
    this.probing = true;
    this.probe = null;
  }

  started(ticket: MirrorTicket, tokens: number): void {
    if (this.requests !== null) this.requests.left -= 1;
    if (this.tokens !== null) this.tokens.left -= tokens;
    if (this.probing) this.probe = ticket;
    if (ticket.bounces > 0) this.#retries += 1;
  }

  succeeded(ticket: MirrorTicket): void {
    this.#successes += 1;
    if (this.probe === ticket) this.probing = false;
  }

  ended(ticket: MirrorTicket): void {
    if (this.probe === ticket) this.probe = null;
  }

  /** Its model is a new one, or begins anew. */
  restarted(forgets: boolean): void {
    this.probing = false;
    this.probe = null;
    if (forgets) {
      this.requests = null;
      this.tokens = null;
    }
  }

  closedUntil(tokens: number): number {
    const { requests, tokens: rest } = this;
    return Math.max(
      requests !== null && requests.left < 1 ? requests.resetsAt : -Infinity,
      rest !== null && rest.left < tokens ? rest.resetsAt : -Infinity,
    );
  }

  /** More starts of what was bounced than these are too many, whatever else happened. */
  retriesLeft(limits: SchedulerLimits, at: number): number {
    const { retriesPerMinuteMin, retryShareOfSuccesses } = limits;
    const minutes = (at - this.#since) / 60_000;
    return retriesPerMinuteMin * (1 + minutes) + retryShareOfSuccesses * this.#successes - this.#retries;
  }
}
