import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { textTable } from '../lib/table.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const shownMax = 30;

/** The functions in which the profiled process spent most time itself, as shares of its busy time, over all profiles in `dir`. */
export function profileSummary(dir: string): string {
  const selfUs = new Map<string, number>();
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(join(dir, file), 'utf8')) as CpuProfile;
    const labels = new Map(profile.nodes.map((node) => [node.id, label(node)]));
    profile.samples.forEach((id, index) => {
      const name = labels.get(id)!;
      if (name !== '(idle)') selfUs.set(name, (selfUs.get(name) ?? 0) + profile.timeDeltas[index]!);
    });
  }
  const busyUs = [...selfUs.values()].reduce((sum, us) => sum + us, 0);
  const rows = [...selfUs]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shownMax)
    .map(([name, us]) => [name, `${((us / busyUs) * 100).toFixed(1)}%`, `${Math.round(us / 1000)} ms`]);
  return `Where Offpeak's time went, profiles in ${dir}\n${textTable(['function', 'self', 'self'], rows)}`;
}

function label({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`;
}
