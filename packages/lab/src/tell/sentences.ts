import type { LabReport } from '../report.ts';
import { duration, milliseconds, share, whole } from './format.ts';
import { serverOf, workloadOf } from './groups.ts';

/** What was run, in one line. */
export function headline(reports: readonly LabReport[]): string {
  const all = (of: (report: LabReport) => string | null): string =>
    [...new Set(reports.map(of).filter((value) => value !== null))].join(', ');
  const loads = all(({ load }) => (load === null ? null : share(load)));
  return [
    `${all(({ simulated }) => (simulated ? 'SIMULATED' : 'MEASURED OVER HTTP'))}: ${all(({ policy }) => policy)} on ${all(serverOf)}`,
    all(workloadOf),
    all(({ durationMs }) => duration(durationMs)),
    ...(loads === '' ? [] : [`interactive load ${loads}`]),
    `SLO ${all(({ slo }) => `${milliseconds(slo.ttftMs)} and ${milliseconds(slo.tpotMs)} per token`)}`,
  ].join('; ');
}

/** What flex won and what it cost itself; null where neither is known. */
export function harvestSentence(report: LabReport): string | null {
  const { h1, h2, oracleShare } = report.harvest;
  const { flexTokensLostShare, evictions } = report;
  const parts = [
    h2 !== null && `flex won ${share(h2)} of the idle part (H2)`,
    h1 !== null && `${share(h1)} of what flex alone reaches (H1)`,
    oracleShare !== null && `${share(oracleShare)} of what a scheduler inside the engine wins`,
    evictions !== null && `${whole(evictions)} evictions`,
    flexTokensLostShare !== null && `${share(flexTokensLostShare)} of flex tokens lost`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return null;
  const text = parts.join(', ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** What a reader must know before believing a number. */
export function warnings(reports: readonly LabReport[]): string[] {
  const found: string[] = [];
  for (const { replay } of reports) {
    if (replay === undefined) continue;
    if (replay.interrupted) found.push('The replay was stopped before its end; this is what was measured until then.');
    if (!replay.keptUp) {
      found.push(
        `The machine that replayed could not keep up: ${replay.notSent} requests were left out, and one in a hundred left ${milliseconds(replay.latenessMs?.p99 ?? null)} or more after its time. The server had it easier than the workload says.`,
      );
    }
  }
  return found;
}
