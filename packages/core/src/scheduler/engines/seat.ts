import type { Place } from '../events.ts';
import { rankOf, TIERS, type Tier } from '../../tiers/tier.ts';

/**
 * Where an engine stands among those that serve a model, and how much of the starts that are shared by weight it has had: of each tier
 * their number over the weight, so that whoever has the least is next.
 */
export class Seat {
  rank = 0;
  /** Null: it takes no part in the sharing. */
  weight: number | null = null;
  /** Null before it was first among those that share. */
  readonly #had: (number | null)[] = TIERS.map(() => null);

  moveTo(place: Place | undefined): void {
    this.rank = place?.rank ?? 0;
    this.weight = place?.weight ?? null;
  }

  had(tier: Tier): number | null {
    return this.#had[rankOf(tier)]!;
  }

  /** It is taken to have had no less: what it could not take when its turn came is not made up for. Returns what it has had then. */
  lift(tier: Tier, had: number): number {
    const rank = rankOf(tier);
    const lifted = Math.max(this.#had[rank] ?? -Infinity, had);
    this.#had[rank] = lifted;
    return lifted;
  }

  took(tier: Tier): void {
    this.#had[rankOf(tier)]! += 1 / this.weight!;
  }
}
