import { MODEL_PRICES, priceOf, type ModelPrice as PublishedPrice, type Tier } from '@offpeak/core';
import type { Usage } from '@offpeak/dialects';
import type { Config, ModelPrice, PresetName, ProviderName } from './config/config.ts';
import { costNanoUsd, isWholeCost, type FullPrice } from './ledger/cost.ts';
import type { Plans } from './plans.ts';

/** What an answer costs, in whole nanodollars, and what the same tokens would have cost as standard. */
export interface Bill {
  readonly costNanoUsd: number;
  readonly standardCostNanoUsd: number;
  /** False where a provider may have charged more than that: for what no price list here has, or for what it did not count. */
  readonly complete: boolean;
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

export const NO_BILL: Bill = { costNanoUsd: 0, standardCostNanoUsd: 0, complete: true };

/** As a price list has it, with what is special about the model at one tier. */
interface ListedPrice extends FullPrice {
  readonly priority?: number | undefined;
}

const FREE: ListedPrice = { inputPicoUsd: 0, cachedInputPicoUsd: 0, cacheWritePicoUsd: 0, outputPicoUsd: 0 };
const PICO_USD_PER_TOKEN = 1_000_000;
/** Told by the thousand. */
const PICO_USD_PER_SEARCH = 1_000_000_000;
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
    const known = this.#priceOf(charge);
    const price = known ?? FREE;
    return {
      costNanoUsd: costNanoUsd(price, usage, this.#multiplierOf(charge, price, charge.tier)),
      standardCostNanoUsd: costNanoUsd(price, usage, this.#multiplierOf(charge, price, 'standard')),
      complete: charge.provider === undefined || (known !== undefined && isWholeCost(price, usage)),
    };
  }

  /** A provider charges for the model that it ran. What an engine of one's own answers to is the name that was bought. */
  #priceOf({ model, upstreamModel, provider }: Charge): ListedPrice | undefined {
    const stated = this.#stated.get(model);
    if (stated !== undefined) return stated;
    const charged = provider === undefined ? model : (upstreamModel ?? model);
    const other = provider === undefined ? (upstreamModel ?? model) : model;
    return published(charged) ?? (other === charged ? undefined : published(other));
  }

  #multiplierOf({ project, preset, provider }: Charge, price: ListedPrice, tier: Tier): number {
    return provider === undefined
      ? this.#plans.priceOf(project, preset, tier)
      : this.#plans.providerPriceOf(project, provider, tier, tier === 'priority' ? price.priority : undefined);
  }
}

/** The published price list in the ledger's unit. */
const PUBLISHED = new Map<string, ListedPrice>(MODEL_PRICES.map((price) => [price.model, listed(price)]));

function listed(price: PublishedPrice): ListedPrice {
  const {
    input,
    cachedInput,
    cacheWrite = input,
    longCacheWrite,
    output,
    longPrompt,
    priority,
    fast,
    inUs,
    searches,
  } = price;
  return {
    inputPicoUsd: Math.round(input * PICO_USD_PER_TOKEN),
    cachedInputPicoUsd: Math.round(cachedInput * PICO_USD_PER_TOKEN),
    cacheWritePicoUsd: Math.round(cacheWrite * PICO_USD_PER_TOKEN),
    ...(longCacheWrite === undefined ? {} : { longCacheWritePicoUsd: Math.round(longCacheWrite * PICO_USD_PER_TOKEN) }),
    outputPicoUsd: Math.round(output * PICO_USD_PER_TOKEN),
    longPrompt,
    ...(searches === undefined ? {} : { searchPicoUsd: Math.round(searches * PICO_USD_PER_SEARCH) }),
    priority,
    factors: { fast, 'in-us': inUs },
  };
}

function published(model: string): ListedPrice | undefined {
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
