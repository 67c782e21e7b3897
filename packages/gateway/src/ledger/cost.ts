import type { Usage } from '@offpeak/dialects';
import type { ModelPrice } from '../config/config.ts';

const PICO_PER_NANO = 1_000;

/** The price of an answer in whole nanodollars, rounded once. `multiplier` is the served tier's. */
export function costNanoUsd(price: ModelPrice, usage: Usage, multiplier: number): number {
  const cachedInput = Math.min(usage.cachedInput, usage.input);
  const cacheWrite = Math.min(usage.cacheWrite ?? 0, usage.input - cachedInput);
  const freshInput = usage.input - cachedInput - cacheWrite;
  const picoUsd =
    freshInput * price.inputPicoUsd +
    cachedInput * price.cachedInputPicoUsd +
    cacheWrite * price.cacheWritePicoUsd +
    usage.output * price.outputPicoUsd;
  return Math.round((picoUsd * multiplier) / PICO_PER_NANO);
}
