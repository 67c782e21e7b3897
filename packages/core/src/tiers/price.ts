/** US dollars per million tokens at the standard tier. */
export interface ModelPrice {
  readonly model: string;
  readonly input: number;
  readonly cachedInput: number;
  /** Input that is written to a cache. Absent: it costs what other input does. */
  readonly cacheWrite?: number;
  readonly output: number;
  readonly source: string;
  readonly date: string;
}
