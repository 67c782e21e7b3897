/** US dollars per million tokens at the standard tier. */
export interface ModelPrice {
  readonly model: string;
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly source: string;
  readonly date: string;
}
