import type { DialectName, Problem } from '@offpeak/dialects';
import type { ProviderTarget } from '../upstreams/route.ts';
import type { Passages } from './passages.ts';
import type { Receipt } from './receipt.ts';
import type { Services } from './services.ts';

/** Where the upstream and its wire are known. */
type Place = Pick<ProviderTarget, 'upstream' | 'model'> & { readonly wire: DialectName };

/**
 * Why a request may not go to a provider with a key that several projects have: it names what lies in that key's account, where it may be
 * another project's. Null where it names nothing, or where nobody else could have put it there.
 */
export function accountObstacle(
  services: Services,
  receipt: Receipt,
  passages: Passages,
  { upstream, model, wire }: Place,
): Problem | null {
  const { name, settings } = upstream;
  if (settings.accountObjects === 'shared' || !isSharedKey(services, upstream, receipt.identity.project)) return null;
  const param = passages.accountObject(wire, model);
  if (param === null || typeof param === 'object') return param;
  const detail =
    `what it names lies in an account that this gateway's projects share; it can be used with a key of the project's own ` +
    `(providerKeys), or where the upstream '${name}' is set to accountObjects: shared`;
  return { kind: 'unsupported', param, model: receipt.model, wire, detail };
}

/** Whether others pay there with the key that the project pays with. It may have been given to a project as its own, too. */
function isSharedKey(services: Services, { name, credential }: ProviderTarget['upstream'], project: string): boolean {
  const { plans, keys } = services;
  if (keys === null) return false;
  const operators = credential?.kind === 'key' ? credential.key : undefined;
  const own = plans.providerKeyOf(project, name);
  if (own !== undefined && own !== operators) return plans.isKeyOfSeveral(name, own);
  return areSeveral(services, (each) => {
    const its = plans.providerKeyOf(each, name);
    return its === undefined || its === operators;
  });
}

export function hasSeveralProjects(services: Services): boolean {
  return areSeveral(services, () => true);
}

/** An open gateway has one project, whatever its file says of others. */
function areSeveral({ keys, config }: Services, counts: (project: string) => boolean): boolean {
  if (keys === null) return false;
  let first: string | undefined;
  const isAnother = (project: string): boolean => {
    if (project === first || !counts(project)) return false;
    if (first !== undefined) return true;
    first = project;
    return false;
  };
  if (config.projects.some(({ name }) => isAnother(name))) return true;
  for (const project of keys.projects) if (isAnother(project)) return true;
  return false;
}
