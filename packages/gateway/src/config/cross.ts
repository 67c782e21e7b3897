import { rankOf } from '@offpeak/core';
import { isLoopback } from './address.ts';
import type { EngineKind } from './config.ts';
import { nearest } from './nearest.ts';
import type { PathPart, RawProblem } from './problems.ts';
import type { RawConfig, RawProvider } from './raw.ts';

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
      problems.push(...checkProvider(upstream, index));
      continue;
    }
    const { engine, enginePriority } = upstream;
    if (!enginePriority || ENGINES_WITH_PRIORITY.includes(engine)) continue;
    const message = `is only possible with vllm and sglang; ${engine} has no priority field`;
    problems.push({ path: ['upstreams', index, 'enginePriority'], message });
  }
  return problems;
}

const BEDROCK_ONLY = ['region', 'accessKeyId', 'secretAccessKey', 'sessionToken'] as const;

function checkProvider(upstream: RawProvider, index: number): RawProblem[] {
  const problems: RawProblem[] = [];
  const problem = (member: string, message: string): void => {
    problems.push({ path: ['upstreams', index, member], message });
  };
  if (upstream.provider !== 'openai' && upstream.api !== 'auto') problem('api', 'is only possible with openai');
  if (upstream.provider !== 'bedrock') {
    for (const member of BEDROCK_ONLY) {
      if (upstream[member] !== undefined)
        problem(member, `is only possible with bedrock; ${upstream.provider} takes apiKey`);
    }
    return problems;
  }
  if ((upstream.accessKeyId === undefined) !== (upstream.secretAccessKey === undefined)) {
    const missing = upstream.accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
    problems.push({ path: ['upstreams', index], message: `needs ${missing} as well: the two sign together` });
  }
  if (upstream.accessKeyId !== undefined && upstream.apiKey !== undefined) {
    problem('apiKey', 'and accessKeyId exclude each other; give one');
  }
  if (upstream.url !== undefined && upstream.region === undefined && upstream.accessKeyId !== undefined) {
    problem('url', 'needs region beside it, which is part of every signature');
  }
  if (upstream.models === 'auto') {
    problem('models', 'cannot be auto with bedrock, whose runtime lists none; name them');
  }
  return problems;
}

function checkTargets(raw: RawConfig): RawProblem[] {
  const upstreams = new Map(raw.upstreams.map((upstream) => [upstream.name, upstream]));
  const problems: RawProblem[] = [];
  for (const [modelIndex, model] of raw.models.entries()) {
    const seen = new Set<string>();
    for (const [targetIndex, target] of model.targets.entries()) {
      const path: PathPart[] = ['models', modelIndex, 'targets', targetIndex];
      const upstream = upstreams.get(target.upstream);
      if (upstream === undefined) {
        const names = [...upstreams.keys()];
        const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
        const message = `is no upstream of this file; ${known}`;
        problems.push({ path: [...path, 'upstream'], message, suggestion: nearest(target.upstream, names) });
        continue;
      }
      if (upstream.models !== 'auto' && !upstream.models.includes(target.model)) {
        const message = `is not in the models of upstream ${upstream.name}: ${upstream.models.join(', ')}`;
        problems.push({ path: [...path, 'model'], message, suggestion: nearest(target.model, upstream.models) });
      }
      if (target.tiers !== undefined && upstream.kind === 'engine') {
        const message = 'is only possible for providers: an engine takes every tier, and gives way by tier';
        problems.push({ path: [...path, 'tiers'], message });
      }
      const key = JSON.stringify([target.upstream, target.model]);
      if (seen.has(key)) problems.push({ path, message: 'is a target of this model already' });
      seen.add(key);
    }
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
      problems.push({ path: ['projects', index, 'providerKeys', upstream], atKey: true, message });
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
