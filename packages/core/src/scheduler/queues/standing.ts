import type { Tier } from '../../tiers/tier.ts';

/**
 * Whose turn it is among waiting tickets, the lowest first: the tiers in their order, and between standard and flex the batch tickets
 * that can wait no longer.
 */
export type Standing = 0 | 1 | 2 | 3 | 4;

export const STANDING_OF: Readonly<Record<Tier, Standing>> = { priority: 0, standard: 1, flex: 3, batch: 4 };

export const URGENT: Standing = 2;

/** A set of standings, one bit each. */
export type Standings = number;

export const ALL_STANDINGS: Standings = 0b11111;

export function standingsOf(tiers: readonly Tier[]): Standings {
  let standings = 0;
  for (const tier of tiers) {
    standings |= 1 << STANDING_OF[tier];
    if (tier === 'batch') {
      standings |= 1 << URGENT;
    }
  }
  return standings;
}

export const INTERACTIVE: Standings = standingsOf(['priority', 'standard']);

export function isAmong(standing: Standing, standings: Standings): boolean {
  return (standings & (1 << standing)) !== 0;
}

const IN_TURN: readonly Standing[] = [0, 1, URGENT, STANDING_OF.flex, STANDING_OF.batch];
const BATCH_IS_DUE: readonly Standing[] = [0, 1, URGENT, STANDING_OF.batch, STANDING_OF.flex];

/** All standings in the order of service. `batchIsDue`: so much flex went before batch that now it is the other way about. */
export function inTurn(batchIsDue: boolean): readonly Standing[] {
  return batchIsDue ? BATCH_IS_DUE : IN_TURN;
}

/** Negative where `a` goes before `b`. */
export function compareStandings(a: Standing, b: Standing, batchIsDue: boolean): number {
  const order = inTurn(batchIsDue);
  return order[a]! - order[b]!;
}
