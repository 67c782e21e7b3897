import type { ShadowSettings } from '../capacity/shadow/shadow-settings.ts';
import type { Decision } from '../scheduler/decisions.ts';
import { isEvictable, rankOf } from '../tiers/tier.ts';
import { checkLaneStart, checkRank } from './lane-rules.ts';
import {
  demand,
  isSilent,
  kvReserved,
  kvTokensOf,
  mayUse,
  rungOf,
  takes,
  tierOf,
  tokensMaxOf,
  untie,
  type Mirror,
  type MirrorEngine,
  type MirrorTicket,
} from './mirror.ts';
import { TICK_LATE_MS_MAX } from './lateness.ts';
import { isAbleOn } from './rights.ts';

type DecisionOf<K extends Decision['kind']> = Extract<Decision, { kind: K }>;

/** What must hold of each decision by itself, when it is made. Throws at the first one that must not have been. */
export class DecisionRules {
  readonly #mirror: Mirror;
  /** Null where slots are counted. */
  readonly #shadow: ShadowSettings | null;

  constructor(mirror: Mirror, shadow: ShadowSettings | null) {
    this.#mirror = mirror;
    this.#shadow = shadow;
  }

  /** Checks one `handle`'s decisions in order, and applies each. */
  decided(decisions: readonly Decision[], at: number): void {
    const evictions = decisions.filter(({ kind }) => kind === 'evict').length;
    demand(evictions <= this.#mirror.limits.evictionsPerDecisionMax, `${String(evictions)} evictions in one decision`);
    for (const decision of decisions) {
      const ticket = this.#mirror.tickets.get(decision.id);
      demand(ticket !== undefined && ticket.state !== 'ended', `${decision.kind} of ${decision.id}, which is over`);
      this.#check(ticket, decision, at);
      this.#mirror.apply(ticket, decision, at);
    }
  }

  #check(ticket: MirrorTicket, decision: Decision, at: number): void {
    const { id } = decision;
    switch (decision.kind) {
      case 'start':
        this.#start(ticket, decision, at);
        return;
      case 'evict':
        this.#evict(ticket, decision);
        return;
      case 'watch':
        this.#watch(ticket, decision);
        return;
      case 'move': {
        const next = ticket.spec.ladder[ticket.rungIndex + 1];
        demand(ticket.state === 'queued', `${id} moved and does not wait`);
        demand(tierOf(ticket) === decision.from, `${id} moved from ${decision.from}, where it was not`);
        demand(next?.tier === decision.to, `${id} moved to ${decision.to}, which is not its next rung`);
        demand(next.why === decision.why, `${id} moved for ${decision.why}`);
        return;
      }
      case 'refuse':
        demand(ticket.state === 'queued', `${id} was refused and does not wait`);
        demand(tierOf(ticket) === decision.tier, `${id} was refused at a tier where it was not`);
        demand(
          Number.isFinite(decision.retryAfterMs) && decision.retryAfterMs > 0,
          `${id} was refused with the hint ${String(decision.retryAfterMs)}`,
        );
        demand((decision.reason === 'limited') <= (decision.limit !== undefined), `${id} is limited by nothing`);
        demand(this.#mirror.mayRefuse(ticket, decision.reason, at), `${id} was refused as ${decision.reason}`);
        return;
      case 'fail':
        demand(ticket.state === 'queued' && ticket.starts > 0, `${id} failed and did not run`);
        demand(!ticket.mayResume, `${id} failed and might have run again`);
    }
  }

  #evict(ticket: MirrorTicket, { id, engine }: DecisionOf<'evict'>): void {
    demand(this.#mirror.mayBeEvicted(ticket), `${id} was evicted, and may not be`);
    demand(ticket.engine === engine, `${id} was evicted from ${engine}, and is not there`);
    const stopping = [...this.#mirror.engines.get(engine)!.tickets].filter(({ state }) => state === 'stopping').length;
    demand(stopping < this.#mirror.limits.evictionsPerEngineMax, `more evictions under way on ${engine} than may be`);
    demand(this.#mirror.engines.get(engine)!.lane === null, `${id} was evicted from ${engine}, which is not ours`);
  }

  /** One stream of an engine is followed, and only one from which something can be learned. */
  #watch(ticket: MirrorTicket, { id, engine }: DecisionOf<'watch'>): void {
    const { watched } = this.#mirror.engines.get(engine)!;
    const isFree = watched === null || watched.heldUp || watched.state !== 'running';
    demand(isFree && watched !== ticket, `${id} is followed, and so is another stream of ${engine}`);
    demand(ticket.engine === engine && ticket.state === 'running', `${id} is followed on ${engine}, and is not there`);
    demand(canBeFollowed(ticket), `${id} is followed, and tells nothing`);
  }

  #start(ticket: MirrorTicket, decision: DecisionOf<'start'>, at: number): void {
    const { id, model } = ticket.spec;
    const engine = this.#mirror.engines.get(decision.engine);
    demand(ticket.state === 'queued', `${id} started and does not wait`);
    demand(engine !== undefined && engine.up, `${id} started on ${decision.engine}, which is not up`);
    demand(engine.pausedUntil <= at, `${id} started on ${decision.engine}, which is paused`);
    demand(engine.models.includes(model), `${id} started on ${decision.engine}, which does not serve ${model}`);
    demand(takes(engine, ticket), `${id} started on ${decision.engine}, which does not take ${decision.tier}`);
    if (!mayUse(ticket, engine, at) && this.#mirror.mayLeaveItsCache(ticket, at)) {
      untie(ticket);
    }
    demand(mayUse(ticket, engine, at), `${id} started on ${decision.engine}, which it may not use`);
    demand(!ticket.bouncedOut, `${id} started, and was bounced too often`);
    demand(decision.tier === tierOf(ticket), `${id} started as ${decision.tier}, which is not its rung`);
    demand(decision.why === rungOf(ticket)!.why, `${id} started for ${decision.why}`);
    demand(decision.resume === ticket.starts > 0, `${id} started with resume ${String(decision.resume)}`);
    demand(ticket.starts === 0 || ticket.mayResume, `${id} ran again and may not`);
    demand(decision.waitMs === at - ticket.queuedSince, `${id} started after ${String(decision.waitMs)} ms`);
    const { slots } = engine.capacity;
    const kvTokens = kvTokensOf(engine);
    demand(slots === 'auto' || engine.tickets.size < slots, `${engine.name} runs more than its slots`);
    const reserved = kvReserved(engine) + tokensMaxOf(ticket);
    demand(this.#shadow !== null || reserved <= kvTokens, `${engine.name} holds more than its KV`);
    this.#checkOrder(ticket, engine, at);
    if (engine.lane !== null) {
      checkLaneStart(ticket, engine.lane, this.#mirror.limits, at);
    } else if (isEvictable(decision.tier)) {
      this.#checkFlex(engine, id, at);
    }
    if (this.#shadow === null) {
      checkRank(this.#mirror, ticket, engine, at);
    }
  }

  /** Nobody with a better right to this place waits. */
  #checkOrder(ticket: MirrorTicket, engine: MirrorEngine, at: number): void {
    const { flexBetweenBatchMax } = this.#mirror.limits;
    const rank = rankOf(tierOf(ticket));
    for (const other of this.#mirror.queued) {
      if (other === ticket || !engine.models.includes(other.spec.model) || !isAbleOn(other, engine, at)) {
        continue;
      }
      // A lane may have had enough of what it bounced.
      if (engine.lane !== null && other.bounces > 0) {
        continue;
      }
      const otherRank = rankOf(tierOf(other));
      const { id } = other.spec;
      demand(otherRank >= rank || isEvictable(tierOf(other)), `${ticket.spec.id} started, and ${id} waits for more`);
      if (tierOf(ticket) === 'flex' && tierOf(other) === 'batch') {
        demand(engine.flexSinceBatch < flexBetweenBatchMax, `${ticket.spec.id} started, and ${id} never does`);
        demand(!this.#isUrgent(other, at), `${ticket.spec.id} started, and ${id} will be late`);
      }
    }
  }

  /** Whatever is predicted, from then on it is. */
  #isUrgent({ spec, waitsSince, starts }: MirrorTicket, at: number): boolean {
    const { urgentMsMax, urgentShareMax } = this.#mirror.limits;
    const { deadlineAt } = spec;
    // It may have come to this tier later than it came, and the wait for a second run says nothing of when.
    const windowMs = starts > 0 ? 0 : deadlineAt - waitsSince;
    return at > deadlineAt - Math.min(urgentMsMax, urgentShareMax * windowMs) + TICK_LATE_MS_MAX;
  }

  /** Flex does not disturb: no two prompts at a time, and nothing new on an engine of which nothing was heard for long. */
  #checkFlex(engine: MirrorEngine, id: string, at: number): void {
    if (this.#shadow === null) {
      return;
    }
    const { statsAgeMsMax, flexShare } = this.#shadow;
    const { statsAt } = engine;
    const isStale = statsAt !== null && at - statsAt > statsAgeMsMax;
    demand(!isStale, `${id} started on ${engine.name}, whose readings are old`);
    demand(flexShare > 0, `${id} started, and flex has no share`);
    for (const other of engine.tickets) {
      demand(other.streams || isSilent(other), `${id} started beside ${other.spec.id}, whose prompt is being read`);
    }
  }
}

export function canBeFollowed(ticket: MirrorTicket): boolean {
  return ticket.state === 'running' && ticket.streams && !ticket.heldUp && !isSilent(ticket);
}
