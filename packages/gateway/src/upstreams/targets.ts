import { nativeTiers, PRESETS, priceOf, TIERS, type Place, type Tier } from '@offpeak/core';
import type { ModelConfig, ModelTarget } from '../config/config.ts';
import type { ProviderUpstream } from './provider-upstream.ts';
import type { ProviderTarget } from './route.ts';

const FIRST: Place = { rank: 0 };

/** The places of a model's targets, by the order that its configuration asks for. */
export function placesOf(
  { order, targets }: Pick<ModelConfig, 'order' | 'targets'>,
  providers: ReadonlyMap<string, ProviderUpstream>,
): Readonly<Record<Tier, Place>>[] {
  switch (order) {
    case 'weights':
      return targets.map(({ weight }) => everyTier({ rank: 0, weight }));
    case 'listed':
      return targets.map((_, index) => everyTier({ rank: index }));
    case 'auto': {
      // Engines first, together; providers after them, one after another.
      let rank = 0;
      return targets.map(({ upstream }) => everyTier(providers.has(upstream) ? { rank: (rank += 1) } : FIRST));
    }
    case 'cost':
      return targets.map((target) => {
        const provider = providers.get(target.upstream);
        if (provider === undefined) return everyTier(FIRST);
        return forEachTier((tier) => ({ rank: 1 + cheaperThan(target, tier, targets, providers) }));
      });
  }
}

/** A provider's model without an alias: it competes with engines of the same name, and comes after them. */
export const UNNAMED_PLACES: Readonly<Record<Tier, Place>> = everyTier({ rank: 1 });

export function providerTarget(
  upstream: ProviderUpstream,
  model: string,
  allowed: readonly Tier[] | undefined,
  places: Readonly<Record<Tier, Place>>,
): ProviderTarget {
  const sold = upstream.settings.tiers ?? nativeTiers(upstream.settings.provider, model);
  return {
    upstream,
    model,
    tiers: allowed === undefined ? sold : sold.filter((tier) => allowed.includes(tier)),
    places,
  };
}

/** How many of the targets are cheaper at the tier. A model whose price is unknown comes last. */
function cheaperThan(
  target: ModelTarget,
  tier: Tier,
  targets: readonly ModelTarget[],
  providers: ReadonlyMap<string, ProviderUpstream>,
): number {
  const own = costOf(target, tier, providers);
  return targets.filter((other) => costOf(other, tier, providers) < own).length;
}

/** Of a typical request: three tokens of prompt for each token of the answer. */
const PROMPT_WEIGHT = 3;

function costOf(
  { upstream, model }: ModelTarget,
  tier: Tier,
  providers: ReadonlyMap<string, ProviderUpstream>,
): number {
  const provider = providers.get(upstream);
  const price = priceOf(model);
  if (provider === undefined || price === undefined) return Number.POSITIVE_INFINITY;
  const multiplier = PRESETS[provider.settings.provider].tiers[tier].priceMultiplier;
  return (PROMPT_WEIGHT * price.input + price.output) * multiplier;
}

function everyTier(place: Place): Readonly<Record<Tier, Place>> {
  return forEachTier(() => place);
}

function forEachTier(placeOf: (tier: Tier) => Place): Readonly<Record<Tier, Place>> {
  return Object.fromEntries(TIERS.map((tier) => [tier, placeOf(tier)])) as Record<Tier, Place>;
}
