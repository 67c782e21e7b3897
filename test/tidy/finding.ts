/** One thing that a rule does not allow, where a reader finds it. */
export interface Finding {
  readonly file: string;
  /** Absent where the whole file, or its absence, is the trouble. */
  readonly line?: number;
  readonly what: string;
}

export function toldOf(findings: readonly Finding[]): string[] {
  return findings.map(({ file, line, what }) => `${file}${line === undefined ? '' : `:${line}`} ${what}`);
}
