import type { OverheadOptions } from './options.ts';
import type { Proxy, StartOptions } from './proxies/proxy.ts';
import type { Results } from './results.ts';
import type { Upstream } from './upstream/control.ts';

/** One run of the bench. */
export interface RunContext {
  readonly options: OverheadOptions;
  readonly proxies: readonly Proxy[];
  readonly upstream: Upstream;
  readonly results: Results;
  readonly profileDir: string | undefined;
  readonly progress: (line: string) => void;
}

export function startOptions({ upstream, profileDir }: RunContext): StartOptions {
  return { upstreamPort: upstream.port, profileDir };
}

/** Each round begins with another proxy, so that none is always the first or the last of its round. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const from = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}

/** One proxy's failure is noted and costs only its own figure. */
export async function attempt(
  { results, progress, upstream }: RunContext,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    upstream.assertAlive();
    const note = `${what} failed: ${(error as Error).message}`;
    results.notes.add(note);
    progress(note);
  }
}
