import type { EngineLoop } from '@offpeak/engine';
import type { RecordedRun } from './recorded-run.ts';

export interface SimulatedRun {
  /** In the order of the recorded ones. */
  readonly requests: readonly { readonly ttftMs: number; readonly tpotMs: number }[];
  /** At the times of the recorded series. */
  readonly series: readonly { readonly running: number; readonly waiting: number }[];
}

/** The same requests at the same times through the loop, under a virtual clock. */
export function replayRun(run: RecordedRun, loop: EngineLoop): SimulatedRun {
  const { requests } = run;
  const series: { running: number; waiting: number }[] = [];
  const firstMs = new Float64Array(requests.length);
  const lastMs = new Float64Array(requests.length);
  let nowMs = 0;
  let arrived = 0;
  while (arrived < requests.length || loop.hasWork) {
    if (!loop.hasWork) nowMs = Math.max(nowMs, requests[arrived]!.atMs);
    for (; arrived < requests.length && requests[arrived]!.atMs <= nowMs; arrived++) {
      const { atMs, inputTokens, outputTokens } = requests[arrived]!;
      const sizes = { promptTokens: inputTokens, outputTokens };
      loop.add({ id: String(arrived), priority: 0, arrivalMs: atMs, ...sizes });
    }
    const { durationMs, firstTokens, finished } = loop.step(nowMs);
    const endMs = nowMs + durationMs;
    for (const { request } of firstTokens) firstMs[Number(request.id)] = endMs;
    for (const { request } of finished) lastMs[Number(request.id)] = endMs;
    while (series.length < run.series.length && run.series[series.length]!.atMs < endMs) {
      series.push({ running: loop.runningRequests + finished.length, waiting: loop.waitingRequests });
    }
    nowMs = endMs;
  }
  while (series.length < run.series.length) series.push({ running: 0, waiting: 0 });
  return {
    requests: requests.map(({ atMs, outputTokens }, index) => ({
      ttftMs: firstMs[index]! - atMs,
      tpotMs: (lastMs[index]! - firstMs[index]!) / (outputTokens - 1),
    })),
    series,
  };
}
