/** The first pause after a refusal is below this; each further one in a row may be twice as long, up to the most. */
export const BACKOFF_MS_BASE = 1_000;
export const BACKOFF_MS_MAX = 60_000;
/** A hint that says "now" is no invitation to hammer. */
const HINT_MS_MIN = 100;
/** Everybody was told the same moment; a little later is nobody's loss. */
const HINT_JITTER = 0.1;

/** How long a lane is left alone after each refusal: what the provider said, or an exponential backoff with full jitter. */
export class Backoff {
  readonly #random: () => number;
  #refusals = 0;

  /** `random`: from 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  refused(hintMs: number | undefined): number {
    const ceilingMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_BASE * 2 ** this.#refusals);
    this.#refusals = Math.min(this.#refusals + 1, 30);
    if (hintMs === undefined) return Math.max(1, this.#random() * ceilingMs);
    return Math.max(HINT_MS_MIN, hintMs) * (1 + HINT_JITTER * this.#random());
  }

  succeeded(): void {
    this.#refusals = 0;
  }
}
