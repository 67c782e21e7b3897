import type { Gate, LimitVerdict } from '../limits/verdict.ts';
import type { Tier } from '../tiers/tier.ts';

/** One reservation's end, as the gate was told. */
export interface Settlement {
  readonly kind: 'settle' | 'release';
  readonly project: string;
  readonly tier: Tier;
  readonly used: number;
}

/** Passes everything on, and sees to it that each reservation ends exactly once. */
export class AuditedGate implements Gate {
  readonly #inner: Gate;
  readonly #open = new Map<string, number>();
  #settlements: Settlement[] = [];

  constructor(inner: Gate) {
    this.#inner = inner;
  }

  /** Reservations that have not ended. */
  get open(): number {
    return [...this.#open.values()].reduce((sum, count) => sum + count, 0);
  }

  /** What ended since this was last asked. */
  takeSettlements(): Settlement[] {
    const settlements = this.#settlements;
    this.#settlements = [];
    return settlements;
  }

  enter(project: string, model: string, tier: Tier, tokens: number, at: number): LimitVerdict {
    const verdict = this.#inner.enter(project, model, tier, tokens, at);
    if (verdict.ok) {
      this.#count(project, model, tier, tokens, 1);
    }
    return verdict;
  }

  settle(project: string, model: string, tier: Tier, reserved: number, used: number, at: number): void {
    this.#count(project, model, tier, reserved, -1);
    this.#settlements.push({ kind: 'settle', project, tier, used });
    this.#inner.settle(project, model, tier, reserved, used, at);
  }

  release(project: string, model: string, tier: Tier, reserved: number, at: number): void {
    this.#count(project, model, tier, reserved, -1);
    this.#settlements.push({ kind: 'release', project, tier, used: 0 });
    this.#inner.release(project, model, tier, reserved, at);
  }

  #count(project: string, model: string, tier: Tier, reserved: number, by: number): void {
    const key = JSON.stringify([project, model, tier, reserved]);
    const count = (this.#open.get(key) ?? 0) + by;
    if (count < 0) {
      throw new Error(`a reservation of ${key} ended that was not open`);
    }
    this.#open.set(key, count);
  }
}
