/** What `bench/NAME/main.ts` exports as `run`. A number is the exit code, nothing is success. */
export type BenchRun = (options: BenchOptions) => Promise<number | undefined>;

export interface BenchOptions {
  /** Print the data as one JSON document on stdout, and no table. */
  readonly json: boolean;
  /** What follows the bench's name on the command line, without `--json`. */
  readonly argv: readonly string[];
}
