import type { LabReport } from '../report.ts';

/** Runs of the same thing under different seeds. */
export interface Group {
  readonly name: string;
  readonly reports: readonly LabReport[];
}

/** What was run, without the seed that generated workloads name: seeds are told apart from it. */
export function workloadOf({ workload }: LabReport): string {
  return workload.replace(/, seed \d+/, '');
}

export function serverOf({ profile, engines }: LabReport): string {
  return engines === null ? profile : `${engines} × ${profile}`;
}

/** One group for each policy, told apart by whatever else is not the same in all of the reports. */
export function grouped(reports: readonly LabReport[]): readonly Group[] {
  const others = [workloadOf, serverOf].filter((facet) => new Set(reports.map(facet)).size > 1);
  const nameOf = (report: LabReport): string => [report.policy, ...others.map((facet) => facet(report))].join(' · ');
  return [...Map.groupBy(reports, nameOf)].map(([name, members]) => ({ name, reports: members }));
}
