import { rankOf } from '../tiers/tier.ts';
import { TICK_LATE_MS_MAX } from './lateness.ts';
import { kvTokensOf, mayUse, takes, tierOf, tokensMaxOf, type MirrorEngine, type MirrorTicket } from './mirror.ts';

/** The engine could run it if it were empty. A tie that is over may not have been undone yet. */
export function isAbleOn(ticket: MirrorTicket, engine: MirrorEngine, at: number): boolean {
  const fits = tokensMaxOf(ticket) <= kvTokensOf(engine);
  return fits && takes(engine, ticket) && mayUse(ticket, engine, at - TICK_LATE_MS_MAX);
}

/** Which of flex and batch is first depends on what they waited for and how long. */
export function rankOfClass(ticket: MirrorTicket): number {
  return Math.min(rankOf(tierOf(ticket)), rankOf('flex'));
}
