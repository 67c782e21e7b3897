import { fits, type Ask, type CapacityModel, type CapacitySignal, type EngineLoad } from './capacity-model.ts';

/** A number of slots that the operator gave. */
export class StaticCapacity implements CapacityModel {
  readonly slotsLimit: number;
  readonly kvTokensLimit: number;
  readonly reviewAt = null;
  readonly wantsBeats = false;
  readonly quality = null;

  constructor(slots: number, kvTokens: number) {
    this.slotsLimit = slots;
    this.kvTokensLimit = kvTokens;
  }

  admits(ask: Ask, load: EngineLoad, _at: number): boolean {
    return fits(this, ask, load);
  }

  strained(_load: EngineLoad, _at: number): boolean {
    return false;
  }

  yieldsPrompt(_promptTokens: number, _load: EngineLoad): boolean {
    return false;
  }

  stepMs(_load: EngineLoad): null {
    return null;
  }

  firstTokenMs(_ask: Ask, _load: EngineLoad, _stepAgeMs: number | null): null {
    return null;
  }

  observe(_signal: CapacitySignal): void {
    // A given number does not learn.
  }
}
