import { lookedUpItems } from '@offpeak/dialects';
import { hasSeveralProjects } from '../account-objects.ts';
import type { Asked } from '../asked.ts';
import type { Receipt } from '../receipt.ts';
import type { Services } from '../services.ts';

/** More than the items of a conversation that fits into a model; what more there is counts as nobody's. */
const ITEMS_MAX = 2_000;

/**
 * Where a request names an item that its provider keeps, and that is of no answer of the caller's project; the promise's null: nowhere.
 * Null where there is nothing to look up.
 */
export function strangeItem(
  services: Services,
  { identity }: Receipt,
  { wire, codec }: Asked,
  body: Buffer,
): Promise<string | null> | null {
  if (wire === null || codec.name !== 'responses' || !hasSeveralProjects(services)) return null;
  const items = lookedUpItems(body, ITEMS_MAX);
  if (items.length === 0) return null;
  if (items.length > ITEMS_MAX) return Promise.resolve(items[ITEMS_MAX]!.param);
  const ids = items.map(({ id }) => id);
  return services.store.strangeItems(ids, identity.project, Date.now()).then(([strange]) => {
    return items.find(({ id }) => id === strange)?.param ?? null;
  });
}
