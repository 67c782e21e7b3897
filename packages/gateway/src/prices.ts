import { MODEL_PRICES, priceOf, type Tier } from '@offpeak/core';
import type { Usage } from '@offpeak/dialects';
import type { Config, ModelPrice, PresetName, ProviderName } from './config/config.ts';
import { costNanoUsd } from './ledger/cost.ts';
import type { Plans } from './plans.ts';

/** What an answer costs, in whole nanodollars, and what the same tokens would have cost as standard. */
export interface Bill {
  readonly costNanoUsd: number;
  readonly standardCostNanoUsd: number;
}

/** What a bill is for. */
export interface Charge {
  readonly project: string;
  /** The mount's. */
  readonly preset: PresetName;
  /** Who answered; undefined: an engine. */
  readonly provider: ProviderName | undefined;
  /** As the client named it. */
  readonly model: string;
  /** As the upstream names it; undefined where none was reached. */
  readonly upstreamModel: string | undefined;
  readonly tier: Tier;
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

  bill(charge: Charge, usage: Usage): Bill {
    const price = this.#priceOf(charge);
    return {
      costNanoUsd: costNanoUsd(price, usage, this.#multiplierOf(charge, charge.tier)),
      standardCostNanoUsd: costNanoUsd(price, usage, this.#multiplierOf(charge, 'standard')),
    };
  }

  /** A provider charges for the model that it ran. What an engine of one's own answers to is the name that was bought. */
  #priceOf({ model, upstreamModel, provider }: Charge): ModelPrice {
    const stated = this.#stated.get(model);
    if (stated !== undefined) return stated;
    const charged = provider === undefined ? model : (upstreamModel ?? model);
    const other = provider === undefined ? (upstreamModel ?? model) : model;
    return published(charged) ?? (other === charged ? undefined : published(other)) ?? FREE;
  }

  #multiplierOf({ project, preset, provider }: Charge, tier: Tier): number {
    return provider === undefined
      ? this.#plans.priceOf(project, preset, tier)
      : this.#plans.providerPriceOf(project, provider, tier);
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
