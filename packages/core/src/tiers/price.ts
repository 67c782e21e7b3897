/** US dollars per million tokens at the standard tier. */
export interface ModelPrice {
  readonly model: string;
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly source: string;
  readonly date: string;
}

export interface TokenUsage {
  /** All input tokens, the cached ones included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

const TOKENS_PER_PRICE = 1_000_000;

/** What a tier costs whose price is `multiplier` times the standard one. With 1: what standard would have cost. */
export function costUsd(price: ModelPrice, multiplier: number, usage: TokenUsage): number {
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const fresh = usage.inputTokens - cached;
  const usd = fresh * price.input + cached * price.cachedInput + usage.outputTokens * price.output;
  return (usd * multiplier) / TOKENS_PER_PRICE;
}
