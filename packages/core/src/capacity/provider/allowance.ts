import type { LimitRest } from '../../scheduler/events.ts';

/** What an account may still use of one limit, by the provider's last word on it and by what was sent since. */
export class Allowance {
  #left = Infinity;
  #resetsAt = -Infinity;
  /** Somebody was refused for it. */
  #isShort = false;

  told({ remaining, resetsInMs }: LimitRest, at: number): void {
    this.#left = remaining;
    this.#resetsAt = at + resetsInMs;
    this.#isShort = false;
  }

  used(amount: number): void {
    this.#left -= amount;
  }

  /** After the reset nothing is known: the limit is whole again, or the next answer tells. */
  allows(amount: number, at: number): boolean {
    const allowed = amount <= this.#left || at >= this.#resetsAt;
    this.#isShort ||= !allowed;
    return allowed;
  }

  /** When so much may be used again; in the past where it may be now. */
  closedUntil(amount: number): number {
    return amount <= this.#left ? -Infinity : this.#resetsAt;
  }

  /** When somebody who was refused may be asked again; null where nobody was. */
  get reviewAt(): number | null {
    return this.#isShort ? this.#resetsAt : null;
  }

  reviewed(at: number): void {
    this.#isShort &&= at < this.#resetsAt;
  }
}
