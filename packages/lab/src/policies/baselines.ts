import { isEvictable, type Ask, type CapacityModel, type CapacitySignal, type EngineLoad } from '@offpeak/core';

/** What the baselines have in common: interactive requests pass, and flex is held back by a rule that each brings. */
abstract class FlexRule implements CapacityModel {
  /** Beyond what any engine takes: interactive requests are never counted, and engines are still told apart by how full they are. */
  readonly slotsLimit = 1_000_000;
  readonly kvTokensLimit: number;
  readonly wantsBeats = false;
  readonly quality = null;

  constructor(kvTokens: number) {
    this.kvTokensLimit = kvTokens;
  }

  get reviewAt(): number | null {
    return null;
  }

  protected abstract flexAdmitted(load: EngineLoad, at: number): boolean;

  admits(ask: Ask, load: EngineLoad, at: number): boolean {
    return !isEvictable(ask.tier) || this.flexAdmitted(load, at);
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

  observe(_signal: CapacitySignal, _load: EngineLoad): void {
    // Most rules look at the load alone.
  }
}

/** A number of flex requests in flight, whatever else is there. */
export class StaticCap extends FlexRule {
  readonly #flexMax: number;

  constructor(kvTokens: number, flexMax: number) {
    super(kvTokens);
    this.#flexMax = flexMax;
  }

  protected override flexAdmitted(load: EngineLoad): boolean {
    return load.flexSlots < this.#flexMax;
  }
}

/** Requests in flight in all, flex included: as much as the engine takes, with nothing held back for anybody. */
export class FillUp extends FlexRule {
  readonly #inFlightMax: number;

  constructor(kvTokens: number, inFlightMax: number) {
    super(kvTokens);
    this.#inFlightMax = inFlightMax;
  }

  protected override flexAdmitted(load: EngineLoad): boolean {
    return load.slots < this.#inFlightMax;
  }
}

const AIMD = { periodMs: 1_000, start: 8, min: 1, kvHigh: 0.9, kvLow: 0.8 } as const;

/** Once a second: half the flex limit when the engine keeps a queue or its KV is nearly full, one more when neither. */
export class AimdRule extends FlexRule {
  #limit: number = AIMD.start;
  #reviewedAt = -Infinity;

  protected override flexAdmitted(load: EngineLoad): boolean {
    return load.flexSlots < this.#limit;
  }

  override observe(signal: CapacitySignal): void {
    if (signal.kind !== 'stats' || signal.at - this.#reviewedAt < AIMD.periodMs) return;
    this.#reviewedAt = signal.at;
    const { waiting = 0, kvUsage = 0 } = signal;
    if (waiting > 0 || kvUsage > AIMD.kvHigh) this.#limit = Math.max(AIMD.min, Math.floor(this.#limit / 2));
    else if (kvUsage < AIMD.kvLow) this.#limit += 1;
  }
}

const SAGESERVE = { releaseOneBelow: 0.6, releaseTwoBelow: 0.5, checkEveryMs: 100 } as const;

/** While KV use is below 60 % one request is released at each look, below 50 % two. */
export class SageServeRule extends FlexRule {
  #kvUsage = 0;
  #lookedAt = -Infinity;
  #reviewAt: number | null = null;
  #released = 0;

  protected override flexAdmitted(load: EngineLoad, at: number): boolean {
    if (at - this.#lookedAt >= SAGESERVE.checkEveryMs) {
      this.#lookedAt = at;
      this.#reviewAt = at + SAGESERVE.checkEveryMs;
      // Between two readings the rule knows what it added itself.
      const used = Math.max(this.#kvUsage, (load.contextTokens + load.prefillTokens) / this.kvTokensLimit);
      this.#released = used < SAGESERVE.releaseTwoBelow ? 2 : used < SAGESERVE.releaseOneBelow ? 1 : 0;
    }
    if (this.#released === 0) return false;
    this.#released -= 1;
    return true;
  }

  override get reviewAt(): number | null {
    return this.#reviewAt;
  }

  override observe(signal: CapacitySignal): void {
    if (signal.kind === 'stats') this.#kvUsage = signal.kvUsage ?? 0;
    // Whoever waits asks now, and sets the next look; with nobody waiting there is none.
    if (signal.kind === 'review') {
      this.#lookedAt = signal.at - SAGESERVE.checkEveryMs;
      this.#reviewAt = null;
    }
  }
}

const HOLDBACK = { queueFull: 5, kvFull: 0.8, flexCeiling: 0.65, staleMs: 5_000 } as const;

/** Flex stops at a lower saturation than interactive requests; saturation is the worse of queue length and KV use. Stale readings stop it too. */
export class HoldbackRule extends FlexRule {
  #saturation = 0;
  #readAt: number | null = null;

  protected override flexAdmitted(load: EngineLoad, at: number): boolean {
    if (this.#readAt !== null && at - this.#readAt > HOLDBACK.staleMs) return false;
    const kv = (load.contextTokens + load.prefillTokens) / this.kvTokensLimit / HOLDBACK.kvFull;
    return Math.max(this.#saturation, kv) < HOLDBACK.flexCeiling;
  }

  override observe(signal: CapacitySignal): void {
    if (signal.kind !== 'stats') return;
    this.#readAt = signal.at;
    this.#saturation = Math.max((signal.waiting ?? 0) / HOLDBACK.queueFull, (signal.kvUsage ?? 0) / HOLDBACK.kvFull);
  }
}
