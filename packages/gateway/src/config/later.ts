import type { RawProblem } from './problems.ts';

/**
 * Words of the configuration that this build does not have. They are refused by name: someone who writes `database:` and is
 * served from SQLite would find out too late.
 */
const LATER_SECTIONS: ReadonlyMap<string, string> = new Map([
  ['database', 'this build keeps its state in SQLite, in the folder `data`; other databases are not supported yet'],
  ['cluster', 'this build runs as one replica; several replicas are not supported yet'],
]);

export function findLaterWords(value: unknown): RawProblem[] {
  if (!isRecord(value)) return [];
  const problems: RawProblem[] = [];
  for (const [section, message] of LATER_SECTIONS) {
    if (Object.hasOwn(value, section)) problems.push({ path: [section], atKey: true, message });
  }
  return problems;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
