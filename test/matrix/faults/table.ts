import type { Told } from './asked.ts';
import { seen } from './asked.ts';

const TIMES = ['', 'once', 'twice', '3 times'];

/** What the client saw, and how often the provider was asked. */
export function cellOf(told: Told, tier: string, countIsKnown: boolean = true): string {
  const what = told.problem === null && told.tier !== tier ? `answered as ${told.tier!}` : seen(told);
  return countIsKnown ? `${what}, asked ${TIMES[told.received.length] ?? `${told.received.length} times`}` : what;
}
