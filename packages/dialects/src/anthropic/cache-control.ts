import type { Cacheable } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { Fields } from '../openai/codec/fields.ts';

/** Five minutes unless it says an hour. */
export function takeCache(owner: Fields): Cacheable {
  const control = owner.object('cache_control');
  if (control === undefined) return {};
  if (control.requiredText('type') !== 'ephemeral') throw control.invalid('type', 'it must be ephemeral');
  const cache = control.oneOf('ttl', ['5m', '1h']) ?? '5m';
  control.finish();
  return { cache };
}

export function cacheMember({ cache }: Cacheable): JsonObject {
  if (cache === undefined) return {};
  return { cache_control: { type: 'ephemeral', ...(cache === '1h' ? { ttl: cache } : {}) } };
}
