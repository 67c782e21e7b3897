import type { CapacitySpec } from '../scheduler/events.ts';
import { AimdCapacity } from './aimd-capacity.ts';
import type { CapacityFactory, CapacityModel } from './capacity-model.ts';
import { ShadowCapacity } from './shadow/shadow-capacity.ts';
import { DEFAULT_SHADOW_SETTINGS, type ShadowSettings } from './shadow/shadow-settings.ts';
import { StaticCapacity } from './static-capacity.ts';

/** Slots alone: the given number, or as many as are found. */
export function countedSlots(spec: CapacitySpec): CapacityModel {
  const kvTokens = spec.kvTokens ?? Infinity;
  return spec.slots === 'auto' ? new AimdCapacity(kvTokens) : new StaticCapacity(spec.slots, kvTokens);
}

/** Every engine gets a shadow model, whoever says how many slots it has. */
export function shadowCapacity(settings: Partial<ShadowSettings> = {}): CapacityFactory {
  const all = { ...DEFAULT_SHADOW_SETTINGS, ...settings };
  return (spec) => new ShadowCapacity(countedSlots(spec), all);
}
