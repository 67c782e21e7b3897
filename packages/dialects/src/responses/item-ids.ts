/**
 * In the ids of items that were made here. Clients hand items back, in their own history or by going on with an answer, and OpenAI looks
 * ids up among the items that it keeps: one that it did not give is refused with 404, as users of several SDKs saw (2025-07 to 2026-06).
 */
export const OWN_MARK = '_offpeak_';

/** `prefix`: what OpenAI begins the ids of such items with. */
export function ownItemId(prefix: string, answerId: string, index: number): string {
  return `${prefix}${OWN_MARK}${answerId}_${index}`;
}

export function isOwnItemId(id: unknown): boolean {
  return typeof id === 'string' && id.includes(OWN_MARK);
}

/** The stored answer that an item which was made here belongs to; null for items of others. */
export function answerOfItem(id: unknown): string | null {
  if (typeof id !== 'string') return null;
  const start = id.indexOf(OWN_MARK) + OWN_MARK.length;
  const end = id.lastIndexOf('_');
  return start < OWN_MARK.length || end <= start ? null : `resp_${id.slice(start, end)}`;
}
