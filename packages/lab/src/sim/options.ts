import type { ProfileName } from '@offpeak/engine';
import type { PolicyName } from '../policies/names.ts';
import type { Lengths, Workload } from '../workload/workload.ts';

/** One simulated run. The same options give the same run, event for event. */
export interface SimulateOptions {
  /** Interactive requests, and whatever else has its tier in the trace. */
  readonly workload: Workload;
  /** What fills the idle part: never-ending flex requests, the requests of a trace as flex, or nothing. */
  readonly flex: 'endless' | Workload | null;
  /** Sizes of endless flex requests; absent: a built-in distribution. */
  readonly flexLengths?: Lengths;
  readonly policy: PolicyName;
  readonly profile: ProfileName;
  readonly engines: number;
  readonly seed: number;
  readonly slo: { readonly ttftMs: number; readonly tpotMs: number };
  /** The one knob of the policy: which share of the room between an empty engine's step and the TPOT limit flex may fill; absent: the default. */
  readonly flexShare?: number;
  /** Also run the same interactive traffic without flex, flex without interactive traffic, and the oracle, to compare with. Default true. */
  readonly references?: boolean;
  /** Requests that arrive before are not measured: engines start empty. */
  readonly warmUpMs?: number;
  readonly onProgress?: (share: number) => void;
}
