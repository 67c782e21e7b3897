/** US dollars per million tokens at the standard tier. */
export interface ModelPrice {
  readonly model: string;
  readonly input: number;
  readonly cachedInput: number;
  /** Input that is written to a cache. Absent: it costs what other input does. */
  readonly cacheWrite?: number;
  /** Input that is written to a cache which keeps it for longer than the usual time. Absent: nobody tells. */
  readonly longCacheWrite?: number;
  readonly output: number;
  readonly longPrompt?: LongPrompt;
  /** Times the standard price at the priority tier, where the model is an exception to its provider's rule. */
  readonly priority?: number;
  /** Times the tier's price in a faster mode that the provider sells apart from its tiers. */
  readonly fast?: number;
  /** Times the price where the request had to be worked on in the United States. */
  readonly inUs?: number;
  /** US dollars per thousand searches on the web, beside the tokens. */
  readonly searches?: number;
  readonly source: string;
  readonly date: string;
}

/** What becomes of the price when a prompt, cached parts included, has more than so many tokens. It holds for the whole request. */
export interface LongPrompt {
  readonly above: number;
  /** Times the price. */
  readonly input: number;
  readonly output: number;
}
