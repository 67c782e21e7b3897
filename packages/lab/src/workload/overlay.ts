import { TIERS, type Tier } from '@offpeak/core';
import { checkNumber, WorkloadProblem } from './problem.ts';
import { Random } from './random.ts';
import { sumOf, type TierShares } from './tier-mix.ts';
import { TRACE_LIMITS } from './trace-limits.ts';
import type { LabRequest, Workload } from './workload.ts';

/** Each overlay draws from a stream of its own, so that the same seed can be given to all of them. */
const STREAM = { tiers: 21, thinning: 22, burst: 23, projects: 24 } as const;

/** Requests that name their tier keep it. Batch requests get no deadline from a mix: `batchJobs` makes those that have one. */
export function withTierMix(workload: Workload, shares: TierShares, seed = 1): Workload {
  const sum = sumOf(shares);
  checkNumber('the sum of the tier shares', sum, { above: 0 });
  const random = new Random(seed, STREAM.tiers);
  const tiers = TIERS.filter((tier) => (shares[tier] ?? 0) > 0);
  const draw = (): Tier => {
    let left = random.unit() * sum;
    return tiers.find((tier) => (left -= shares[tier]!) < 0) ?? tiers.at(-1)!;
  };
  // Everybody draws, whether it counts or not, so that a tier named in one line changes no other line's.
  return each(workload, (request) => {
    const tier = draw();
    return request.tier === undefined ? { ...request, tier } : request;
  });
}

/** That many times as many requests per second, by compressing time. Deadlines stay as far from their arrivals as they were. */
export function scaleRate(workload: Workload, times: number): Workload {
  checkNumber('the scale of the rate', times, { above: 0 });
  const durationMs = workload.durationMs / times;
  checkNumber('the duration after scaling', durationMs, { min: 0, max: TRACE_LIMITS.traceMsMax });
  return { ...each(workload, (request) => moved(request, request.atMs / times)), durationMs };
}

/** The part from `fromMs` on, which becomes its start. */
export function slice(workload: Workload, fromMs: number, durationMs: number): Workload {
  checkNumber('fromMs', fromMs, { min: 0 });
  checkNumber('durationMs', durationMs, { above: 0, max: Number.POSITIVE_INFINITY });
  const endMs = Math.min(fromMs + durationMs, workload.durationMs);
  const requests = workload.requests
    // The last request of a recorded trace arrives at its very end.
    .filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + durationMs)
    .map((request) => moved(request, request.atMs - fromMs));
  return { ...workload, requests, durationMs: Math.max(0, endMs - fromMs) };
}

/** A random sample of about `requestsPerSecond` on average; bursts stay bursts. */
export function thin(workload: Workload, requestsPerSecond: number, seed = 1): Workload {
  checkNumber(`the duration of ${workload.title}`, workload.durationMs, { above: 0 });
  const current = rateOf(workload);
  checkNumber('requestsPerSecond', requestsPerSecond, { above: 0 });
  if (requestsPerSecond > current) {
    throw new WorkloadProblem(
      `the rate asked for is ${requestsPerSecond} requests per second; expected at most ${current.toFixed(3)}, which ${workload.title} has (to have more, scale its rate)`,
    );
  }
  const random = new Random(seed, STREAM.thinning);
  const share = requestsPerSecond / current;
  return { ...workload, requests: workload.requests.filter(() => random.unit() < share) };
}

/** Requests per second on average. */
export function rateOf({ requests, durationMs }: Workload): number {
  return requests.length / (durationMs / 1_000);
}

export interface BurstOverlay {
  readonly fromMs: number;
  readonly durationMs: number;
  /** That many times the requests that are there, 1 or more; a fraction is the chance of one more. */
  readonly times: number;
  /** How far a copy may be from the request that it is a copy of; default 1 s. It stays within the burst. */
  readonly jitterMs?: number;
  readonly seed?: number;
}

/** More of the same between two moments. */
export function withBurstOf(
  workload: Workload,
  { fromMs, durationMs, times, jitterMs = 1_000, seed = 1 }: BurstOverlay,
): Workload {
  checkNumber("the burst's fromMs", fromMs, { min: 0 });
  checkNumber("the burst's durationMs", durationMs, { above: 0 });
  checkNumber("the burst's times", times, { min: 1, max: 1e6 });
  checkNumber("the burst's jitterMs", jitterMs, { min: 0 });
  const random = new Random(seed, STREAM.burst);
  const endMs = Math.min(fromMs + durationMs, workload.durationMs);
  const copies: LabRequest[] = [];
  for (const request of workload.requests) {
    if (request.atMs < fromMs || request.atMs >= endMs) continue;
    const extra = Math.floor(times - 1 + random.unit());
    if (workload.requests.length + copies.length + extra > TRACE_LIMITS.requestsMax) {
      throw new WorkloadProblem(`the burst makes over ${TRACE_LIMITS.requestsMax} requests (requestsMax)`);
    }
    for (let copy = 0; copy < extra; copy += 1) {
      const earliest = Math.max(fromMs, request.atMs - jitterMs);
      const latest = Math.min(endMs, request.atMs + jitterMs);
      copies.push(moved(request, earliest + (latest - earliest) * random.unit()));
    }
  }
  copies.sort((one, other) => one.atMs - other.atMs);
  return merge(workload, { ...workload, requests: copies });
}

/** Gives each request that has none a project, all of them alike likely. */
export function overProjects(workload: Workload, projects: readonly string[], seed = 1): Workload {
  if (projects.length === 0) throw new WorkloadProblem('the list of projects is empty; expected at least one name');
  const random = new Random(seed, STREAM.projects);
  return each(workload, (request) => {
    const project = projects[random.below(projects.length)]!;
    return request.project === undefined ? { ...request, project } : request;
  });
}

/** Both at the same time, under the first one's name; requests that arrive at one moment keep its before the other's. */
export function merge(workload: Workload, other: Workload): Workload {
  const requests: LabRequest[] = [];
  let next = 0;
  for (const request of workload.requests) {
    while (next < other.requests.length && other.requests[next]!.atMs < request.atMs)
      requests.push(other.requests[next++]!);
    requests.push(request);
  }
  while (next < other.requests.length) requests.push(other.requests[next++]!);
  const notes = [...new Set([...(workload.notes ?? []), ...(other.notes ?? [])])];
  const durationMs = Math.max(workload.durationMs, other.durationMs);
  return { ...workload, requests, durationMs, ...(notes.length > 0 && { notes }) };
}

function each(workload: Workload, change: (request: LabRequest) => LabRequest): Workload {
  return { ...workload, requests: workload.requests.map(change) };
}

function moved(request: LabRequest, atMs: number): LabRequest {
  const { deadlineMs } = request;
  return { ...request, atMs, ...(deadlineMs !== undefined && { deadlineMs: atMs + (deadlineMs - request.atMs) }) };
}
