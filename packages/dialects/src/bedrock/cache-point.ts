import type { Cacheable, Part } from '../canonical/request.ts';
import type { Fields } from '../openai/codec/fields.ts';

type Lifetime = NonNullable<Cacheable['cache']>;

const LIFETIMES = ['5m', '1h'] as const satisfies readonly Lifetime[];

/** A block that only says: keep everything up to here. Undefined: the block is another. */
export function readCachePoint(block: Fields): Lifetime | undefined {
  const point = block.object('cachePoint');
  if (point === undefined) return undefined;
  point.oneOf('type', ['default']);
  const lifetime = point.oneOf('ttl', LIFETIMES) ?? '5m';
  point.finish();
  return lifetime;
}

export function cachePoint(lifetime: Lifetime): object {
  return { cachePoint: { type: 'default', ...(lifetime === '5m' ? {} : { ttl: lifetime }) } };
}

/**
 * Marks the last of what came before the point. Where that cannot be marked, or nothing came before, the point is left out: it changes the
 * price of a prompt and not its answer.
 */
export function markLast(parts: (Cacheable | Part)[], lifetime: Lifetime, block: Fields, ignored: string[]): void {
  const last = parts.at(-1);
  if (last === undefined || ('kind' in last && (last.kind === 'reasoning' || last.kind === 'refusal'))) {
    ignored.push(block.at('cachePoint'));
  } else parts[parts.length - 1] = { ...last, cache: lifetime };
}
