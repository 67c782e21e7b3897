import { MODEL_PRICES, priceOf, type Tier } from '@offpeak/core';
import type { Usage } from '@offpeak/dialects';
import type { Config, ModelPrice, PresetName } from './config/config.ts';
import { costNanoUsd } from './ledger/cost.ts';
import type { Plans } from './plans.ts';

/** What an answer costs, in whole nanodollars, and what the same tokens would have cost as standard. */
export interface Bill {
  readonly costNanoUsd: number;
  readonly standardCostNanoUsd: number;
}

export const NO_BILL: Bill = { costNanoUsd: 0, standardCostNanoUsd: 0 };

const FREE: ModelPrice = { inputPicoUsd: 0, cachedInputPicoUsd: 0, cacheWritePicoUsd: 0, outputPicoUsd: 0 };
const PICO_USD_PER_TOKEN = 1_000_000;
const NANO_DIGITS = 9;

/** Prices by model: the configuration's first, then the published ones that Offpeak knows, else free. */
export class PriceList {
  readonly #stated = new Map<string, ModelPrice>();
  readonly #plans: Plans;

  constructor(config: Config, plans: Plans) {
    this.#plans = plans;
    for (const { name, price } of config.models) if (price !== undefined) this.#stated.set(name, price);
  }

  /** `upstreamModel`: the name behind the client's, whose published price counts where the configuration states none. */
  bill(
    project: string,
    preset: PresetName,
    model: string,
    upstreamModel: string | undefined,
    tier: Tier,
    usage: Usage,
  ): Bill {
    const price =
      this.#stated.get(model) ??
      published(model) ??
      (upstreamModel === undefined ? undefined : published(upstreamModel)) ??
      FREE;
    const standard = this.#plans.priceOf(project, preset, 'standard');
    return {
      costNanoUsd: costNanoUsd(price, usage, this.#plans.priceOf(project, preset, tier)),
      standardCostNanoUsd: costNanoUsd(price, usage, standard),
    };
  }
}

/** The published price list in the ledger's unit. */
const PUBLISHED = new Map<string, ModelPrice>(
  MODEL_PRICES.map(({ model, input, cachedInput, cacheWrite = input, output }) => [
    model,
    {
      inputPicoUsd: Math.round(input * PICO_USD_PER_TOKEN),
      cachedInputPicoUsd: Math.round(cachedInput * PICO_USD_PER_TOKEN),
      cacheWritePicoUsd: Math.round(cacheWrite * PICO_USD_PER_TOKEN),
      outputPicoUsd: Math.round(output * PICO_USD_PER_TOKEN),
    },
  ]),
);

function published(model: string): ModelPrice | undefined {
  const known = priceOf(model);
  return known === undefined ? undefined : PUBLISHED.get(known.model);
}

/** Dollars as a header says them: exact, without trailing zeros. */
export function usdText(nanoUsd: number): string {
  const text = String(nanoUsd).padStart(NANO_DIGITS + 1, '0');
  const whole = text.slice(0, -NANO_DIGITS);
  const fraction = text.slice(-NANO_DIGITS).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
