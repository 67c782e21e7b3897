import type { LongPrompt } from '@offpeak/core';
import type { Extra, Usage } from '@offpeak/dialects';
import type { ModelPrice } from '../config/config.ts';

const PICO_PER_NANO = 1_000;

/** The price of a model, and what makes it another one. */
export interface FullPrice extends ModelPrice {
  readonly longPrompt?: LongPrompt | undefined;
  /** What is known by how much it multiplies the price. */
  readonly factors?: Readonly<Partial<Record<Extra, number | undefined>>>;
}

/**
 * The price of an answer in whole nanodollars, rounded once. `multiplier` is the served tier's. Where `isWholeCost` says no, it is the least
 * that the answer can have cost.
 */
export function costNanoUsd(price: FullPrice, usage: Usage, multiplier: number): number {
  const cachedInput = Math.min(usage.cachedInput, usage.input);
  const cacheWrite = Math.min(usage.cacheWrite ?? 0, usage.input - cachedInput);
  const longWrite = Math.min(usage.longCacheWrite ?? 0, cacheWrite);
  const freshInput = usage.input - cachedInput - cacheWrite;
  const inputPicoUsd =
    freshInput * price.inputPicoUsd +
    cachedInput * price.cachedInputPicoUsd +
    (cacheWrite - longWrite) * price.cacheWritePicoUsd +
    longWrite * (price.longCacheWritePicoUsd ?? price.cacheWritePicoUsd);
  const { input, output } = longTimes(price, usage) ?? { input: 1, output: 1 };
  const picoUsd = inputPicoUsd * input + usage.output * price.outputPicoUsd * output;
  const factors = (usage.extras ?? []).map((extra) => price.factors?.[extra] ?? 1);
  return Math.round(factors.reduce((product, factor) => product * factor, picoUsd * multiplier) / PICO_PER_NANO);
}

/** Whether the price list has a word on everything that the answer tells of. */
export function isWholeCost(price: FullPrice, usage: Usage): boolean {
  const extrasKnown = (usage.extras ?? []).every((extra) => price.factors?.[extra] !== undefined);
  const writesKnown = (usage.longCacheWrite ?? 0) === 0 || price.longCacheWritePicoUsd !== undefined;
  return extrasKnown && writesKnown && longTimes(price, usage) !== undefined;
}

/** What a long prompt does to the price; null: it is none. Undefined: nobody says. */
function longTimes({ longPrompt }: FullPrice, { input }: Usage): LongPrompt['times'] | null {
  return longPrompt === undefined || input <= longPrompt.above ? null : longPrompt.times;
}
