import type { Refusal } from '../../providers/fault.ts';
import type { Upstream } from '../upstreams/upstream.ts';

/**
 * What a refusal means to whoever asked.
 * - `busy`: there is room later, or at another tier: it is waited for as long as patience lasts;
 * - `credentials`, `exhausted`: an operator has to do something first. No waiting: told by its own code, at once or, for who would take
 *   another tier, when that was tried as well;
 * - `request`: the client has to change it: told at once, in the provider's words;
 * - `provider`: it is broken, and tried again a few times;
 * - `nothing`: there is no such model there, and trying again does not make one.
 */
export type Meaning = 'busy' | 'credentials' | 'exhausted' | 'request' | 'provider' | 'nothing';

export interface Provider {
  readonly upstream: Upstream;
  readonly refusals: Readonly<Record<string, { readonly refusal: Refusal; readonly meaning: Meaning }>>;
  /** The same refusal with the hint that it makes sense to try again almost at once. */
  soon(refusal: Refusal): Refusal;
}

type Meanings<Names extends string> = Readonly<Record<Names, Meaning>>;

/** Each refusal that the imitation knows, with its meaning; one that is missing does not compile. */
export function withMeanings<Names extends string>(
  refusals: Readonly<Record<Names, Refusal>>,
  meanings: Meanings<Names>,
): Provider['refusals'] {
  return Object.fromEntries(
    (Object.keys(refusals) as Names[]).map((name) => [name, { refusal: refusals[name], meaning: meanings[name] }]),
  );
}

/** How soon "almost at once" is. */
export const SOON_MS = 150;

/** With the hint in this header, and with limits that are whole again as soon. */
export function soonBy(hint: string, refusal: Refusal): Refusal {
  const resets = Object.keys(refusal.headers ?? {}).filter((name) => name.includes('ratelimit-reset'));
  const headers = Object.fromEntries(resets.map((name) => [name, `${SOON_MS}ms`]));
  return { ...refusal, headers: { ...refusal.headers, ...headers, [hint]: String(SOON_MS) } };
}
