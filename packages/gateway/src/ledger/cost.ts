import type { LongPrompt } from '@offpeak/core';
import type { Extra, Usage } from '@offpeak/dialects';
import type { ModelPrice } from '../config/config.ts';

const PICO_PER_NANO = 1_000;
/** Nine million dollars. What no answer costs is a fault of its upstream, and must not stop the ledger from adding up. */
const NANO_USD_MAX = Number.MAX_SAFE_INTEGER;
const USUAL = { input: 1, output: 1 } as const;

/** The price of a model, and what makes it another one. */
export interface FullPrice extends ModelPrice {
  readonly longPrompt?: LongPrompt | undefined;
  /** Of a search on the web, whatever the tier. */
  readonly searchPicoUsd?: number;
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
  const { longPrompt } = price;
  const { input, output } = longPrompt !== undefined && usage.input > longPrompt.above ? longPrompt : USUAL;
  const picoUsd = inputPicoUsd * input + usage.output * price.outputPicoUsd * output;
  const factors = (usage.extras ?? []).map((extra) => price.factors?.[extra] ?? 1);
  const tokensPicoUsd = factors.reduce((product, factor) => product * factor, picoUsd * multiplier);
  const searchesPicoUsd = (usage.searches ?? 0) * (price.searchPicoUsd ?? 0);
  return Math.min(NANO_USD_MAX, Math.round((tokensPicoUsd + searchesPicoUsd) / PICO_PER_NANO));
}

/** Whether the price list has a word on everything that the answer tells of. */
export function isWholeCost(price: FullPrice, usage: Usage): boolean {
  const extrasKnown = (usage.extras ?? []).every((extra) => price.factors?.[extra] !== undefined);
  const writesKnown = (usage.longCacheWrite ?? 0) === 0 || price.longCacheWritePicoUsd !== undefined;
  const searchesKnown = (usage.searches ?? 0) === 0 || price.searchPicoUsd !== undefined;
  return extrasKnown && writesKnown && searchesKnown;
}
