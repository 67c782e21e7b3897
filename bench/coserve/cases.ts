import type { PolicyName } from '@offpeak/lab';

/** What is compared: traffic on so many engines under so much interactive load. */
export interface Case {
  readonly trace: TraceName;
  readonly engines: number;
  /** Interactive requests per second as a share of what the engines could serve of them. */
  readonly load: number;
}

/** The requests of a run. */
export interface Traffic extends Case {
  readonly seed: number;
  /** Three times as many for some seconds in the middle. */
  readonly burst?: true;
}

/** Who shares the engines out, and how that is set. */
export interface Setting {
  /** Null: nobody, the interactive traffic is alone. */
  readonly policy: PolicyName | null;
  /** Absent: as the policy has it. */
  readonly flexShare?: number;
  readonly flexInFlightMax?: number;
  /** Makes the shadow models wrong by this factor. */
  readonly modelBias?: number;
}

export interface RunSpec extends Traffic, Setting {}

export const TRACES = {
  'azure-conversation': 'Azure 2023, conversation: 58 minutes, 19,366 requests',
  'azure-code': 'Azure 2023, code: 57 minutes, 8,819 requests that come in bursts',
  servegen: 'ServeGen m-large: one of its 14 days per seed, generated at a low rate; built-in lengths of chats',
  diurnal: 'synthetic:diurnal, one cycle of a day per run; built-in lengths of chats',
} as const;

export type TraceName = keyof typeof TRACES;
export const TRACE_NAMES: readonly TraceName[] = Object.keys(TRACES) as TraceName[];

export const ENGINES: readonly number[] = [1, 4, 16];
export const LOADS: readonly number[] = [0.25, 0.5, 0.7];
export const SLO = { ttftMs: 500, tpotMs: 50 } as const;
export const TIER_MIX = { priority: 0.1, standard: 0.9 } as const;

/** What stands for the whole where something is repeated many times. */
export const SUBSET = { traces: ['azure-conversation', 'diurnal'], engines: [1, 4], seeds: 2 } as const;

/** The burst's load is that of the traffic around it times so much. */
export const BURST = { load: 0.5, times: 3, forMs: 10_000 } as const;

export interface Length {
  readonly durationMs: number;
  readonly warmUpMs: number;
}

/** More engines see more requests in the same time, and take longer to simulate. */
export function lengthOf(engines: number): Length {
  if (engines >= 16) return { durationMs: 60_000, warmUpMs: 15_000 };
  return { durationMs: engines >= 4 ? 200_000 : 300_000, warmUpMs: 20_000 };
}

/** Of a run in which a burst comes: enough before it to be warm, and enough after it to recover. */
export function burstOf(engines: number): { readonly fromMs: number; readonly endMs: number } {
  const fromMs = lengthOf(engines).durationMs / 2;
  return { fromMs, endMs: fromMs + BURST.forMs };
}

export function caseName({ trace, engines, load }: Case): string {
  return `${trace}, ${engines} engine${engines === 1 ? '' : 's'}, load ${load}`;
}

export function trafficName(traffic: Traffic): string {
  return `${caseName(traffic)}, seed ${traffic.seed}${traffic.burst === true ? ', burst' : ''}`;
}

/** What is run, whatever it is run for: two runs of one name are the same run. */
export function runName(spec: RunSpec): string {
  return `${trafficName(spec)}, ${variantOf(spec)}`;
}

/** The policy with the settings that are not its own. */
export function variantOf({ policy, flexShare, flexInFlightMax, modelBias }: Setting): string {
  return [
    policy ?? 'alone',
    ...(flexShare === undefined ? [] : [`share ${flexShare}`]),
    ...(flexInFlightMax === undefined ? [] : [`at most ${flexInFlightMax}`]),
    ...(modelBias === undefined ? [] : [`models wrong by ${modelBias}`]),
  ].join(' ');
}
