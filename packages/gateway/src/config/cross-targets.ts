import { nativeTiers } from '@offpeak/core';
import { nearest } from './nearest.ts';
import type { PathPart, RawProblem } from './problems.ts';
import type { RawConfig, RawModel, RawTarget, RawUpstream } from './raw.ts';

/** Whether the targets of models are there, and can be what is said of them. */
export function checkTargets(raw: RawConfig): RawProblem[] {
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
      problems.push(...checkTarget(model, target, upstream, path));
      const key = JSON.stringify([target.upstream, target.model]);
      if (seen.has(key)) problems.push({ path, message: 'is a target of this model already' });
      seen.add(key);
    }
  }
  return problems;
}

function checkTarget(model: RawModel, target: RawTarget, upstream: RawUpstream, path: PathPart[]): RawProblem[] {
  const problems: RawProblem[] = [];
  if (upstream.models !== 'auto' && !upstream.models.includes(target.model)) {
    const message = `is not in the models of upstream ${upstream.name}: ${upstream.models.join(', ')}`;
    problems.push({ path: [...path, 'model'], message, suggestion: nearest(target.model, upstream.models) });
  }
  if (target.weight !== undefined && model.order !== 'weights') {
    problems.push({
      path: [...path, 'weight'],
      message: `is only used with order: weights; it is ${model.order} here`,
    });
  }
  if (target.tiers === undefined) return problems;
  if (upstream.kind === 'engine') {
    const message = 'is only possible for providers: an engine takes every tier, and gives way by tier';
    return [...problems, { path: [...path, 'tiers'], message }];
  }
  const sold = upstream.tiers ?? nativeTiers(upstream.provider, target.model);
  if (!target.tiers.some((tier) => sold.includes(tier))) {
    const message = `leaves none: ${upstream.name} sells ${sold.join(', ')} for ${target.model}; if it has more, say so in its own tiers`;
    problems.push({ path: [...path, 'tiers'], message });
  }
  return problems;
}
