/** Where a load goes: a proxy, or the upstream itself. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Root of the process tree whose CPU and memory are counted; undefined for the upstream itself. */
  readonly pid: number | undefined;
}
