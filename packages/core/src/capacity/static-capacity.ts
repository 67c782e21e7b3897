import type { Tier } from '../tiers/tier.ts';
import { fits, type CapacityModel, type CapacitySignal, type EngineLoad } from './capacity-model.ts';

/** A number of slots that the operator gave. */
export class StaticCapacity implements CapacityModel {
  readonly slotsLimit: number;
  readonly kvTokensLimit: number;
  readonly reviewAt = null;

  constructor(slots: number, kvTokens: number) {
    this.slotsLimit = slots;
    this.kvTokensLimit = kvTokens;
  }

  admits(_tier: Tier, kvTokens: number, load: EngineLoad): boolean {
    return fits(this, kvTokens, load);
  }

  observe(_signal: CapacitySignal): void {
    // A given number does not learn.
  }
}
