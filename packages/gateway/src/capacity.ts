import {
  countedSlots,
  DEFAULT_SHADOW_SETTINGS,
  ShadowCapacity,
  type CapacityFactory,
  type ShadowSettings,
} from '@offpeak/core';
import type { Slo } from './config/config.ts';

/** How much the engines may hold. Each has a model of its own, and all of them read the same settings, also after a reload. */
export class Capacity {
  readonly #settings: { -readonly [name in keyof ShadowSettings]: ShadowSettings[name] };

  constructor(slo: Slo) {
    this.#settings = { ...DEFAULT_SHADOW_SETTINGS };
    this.use(slo);
  }

  readonly modelOf: CapacityFactory = (spec) => new ShadowCapacity(countedSlots(spec), this.#settings);

  /** What the models have learned stays. */
  use({ ttftMs, tpotMs, flexShare }: Slo): void {
    this.#settings.slo = { ttftMs, tpotMs };
    this.#settings.flexShare = flexShare;
  }
}
