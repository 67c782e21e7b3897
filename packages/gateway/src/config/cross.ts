import { rankOf } from '@offpeak/core';
import { isLoopback } from './address.ts';
import type { EngineKind } from './config.ts';
import { nearest } from './nearest.ts';
import type { RawProblem } from './problems.ts';
import { checkProvider } from './cross-provider.ts';
import { checkTargets } from './cross-targets.ts';
import type { RawConfig } from './raw.ts';

/** What no single section can know: names that refer to each other, and settings that contradict each other. */
export function crossCheck(raw: RawConfig): RawProblem[] {
  return [
    ...duplicates('upstreams', raw.upstreams),
    ...duplicates('models', raw.models),
    ...duplicates('projects', raw.projects),
    ...checkUpstreams(raw),
    ...checkTargets(raw),
    ...checkProjects(raw),
    ...checkAuth(raw),
  ];
}

function duplicates(section: string, entries: readonly { readonly name: string }[]): RawProblem[] {
  const first = new Map<string, number>();
  const problems: RawProblem[] = [];
  for (const [index, { name }] of entries.entries()) {
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else {
      problems.push({ path: [section, index, 'name'], message: `is the name of ${section}[${earlier}] already` });
    }
  }
  return problems;
}

const ENGINES_WITH_PRIORITY: readonly EngineKind[] = ['auto', 'vllm', 'sglang'];

function checkUpstreams(raw: RawConfig): RawProblem[] {
  const problems: RawProblem[] = [];
  for (const [index, upstream] of raw.upstreams.entries()) {
    if (upstream.kind === 'provider') {
      problems.push(...checkProvider(upstream, index, raw.projects));
      continue;
    }
    const { engine, enginePriority } = upstream;
    if (!enginePriority || ENGINES_WITH_PRIORITY.includes(engine)) continue;
    const message = `is only possible with vllm and sglang; ${engine} has no priority field`;
    problems.push({ path: ['upstreams', index, 'enginePriority'], message });
  }
  return problems;
}

function checkProjects(raw: RawConfig): RawProblem[] {
  const problems: RawProblem[] = [];
  const providers = raw.upstreams.filter(({ kind }) => kind === 'provider').map(({ name }) => name);
  for (const [index, project] of raw.projects.entries()) {
    for (const upstream of Object.keys(project.providerKeys)) {
      if (providers.includes(upstream)) continue;
      const known = providers.length === 0 ? 'there are none' : `there are ${providers.join(', ')}`;
      const message = `is no provider of this file; ${known}`;
      const path = ['projects', index, 'providerKeys', upstream];
      problems.push({ path, atKey: true, message, suggestion: nearest(upstream, providers) });
    }
    const { defaultTier, maxTier } = project;
    if (rankOf(defaultTier) < rankOf(maxTier)) {
      const message = `is more urgent than maxTier (${maxTier}) allows`;
      problems.push({ path: ['projects', index, 'defaultTier'], message });
    }
    if (project.onUnavailable === 'standard' && rankOf(maxTier) > rankOf('standard')) {
      const message = `cannot be standard, which maxTier (${maxTier}) does not allow`;
      problems.push({ path: ['projects', index, 'onUnavailable'], message });
    }
  }
  return problems;
}

/** Open to whoever can connect, so only for those who are on the machine already. */
export const OPEN_ELSEWHERE: string =
  'open serves whoever connects, and is only allowed on a loopback address (127.0.0.1, ::1, localhost); ' +
  'elsewhere use auth: keys, and make keys with `offpeak keys create`';

function checkAuth(raw: RawConfig): RawProblem[] {
  if (raw.auth !== 'open' || isLoopback(raw.listen.host)) return [];
  return [{ path: ['auth'], message: OPEN_ELSEWHERE }];
}
