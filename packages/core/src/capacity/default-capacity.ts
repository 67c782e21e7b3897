import type { CapacitySpec } from '../scheduler/events.ts';
import { AimdCapacity } from './aimd-capacity.ts';
import type { CapacityModel } from './capacity-model.ts';
import { StaticCapacity } from './static-capacity.ts';

export function defaultCapacity(spec: CapacitySpec): CapacityModel {
  const kvTokens = spec.kvTokens ?? Infinity;
  return spec.slots === 'auto' ? new AimdCapacity(kvTokens) : new StaticCapacity(spec.slots, kvTokens);
}
