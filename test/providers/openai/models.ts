/** What the fake knows of a model: what the real one refuses because of it. */
export interface OpenAiModel {
  readonly id: string;
  /** The dated name that answers carry. */
  readonly answersAs?: string;
  readonly embeds?: true;
  /**
   * - `none`: the model does not reason, and `max_tokens` is fine;
   * - `always`: it cannot be told not to, and takes no sampling parameters and no stop sequences;
   * - `wished`: it takes sampling parameters as long as no effort is asked for.
   */
  readonly reasons: 'none' | 'always' | 'wished';
  readonly flex: boolean;
  /** The word by which it reports fast mode; null: it has none. */
  readonly fast: 'priority' | 'fast' | null;
  readonly ultrafast?: true;
}

/** Flex: observed in August 2026. Fast mode: not for fine-tuned models; the GPT-6 family reports it as `fast`. */
export const OPENAI_MODELS: readonly OpenAiModel[] = [
  { id: 'gpt-4o', answersAs: 'gpt-4o-2024-08-06', reasons: 'none', flex: false, fast: 'priority' },
  { id: 'gpt-4o-mini', answersAs: 'gpt-4o-mini-2024-07-18', reasons: 'none', flex: false, fast: 'priority' },
  { id: 'gpt-4.1', answersAs: 'gpt-4.1-2025-04-14', reasons: 'none', flex: false, fast: 'priority' },
  { id: 'ft:gpt-4.1-2025-04-14:acme::abc123', reasons: 'none', flex: false, fast: null },
  { id: 'o3', answersAs: 'o3-2025-04-16', reasons: 'always', flex: true, fast: 'priority' },
  { id: 'o4-mini', answersAs: 'o4-mini-2025-04-16', reasons: 'always', flex: true, fast: 'priority' },
  { id: 'gpt-5', answersAs: 'gpt-5-2025-08-07', reasons: 'always', flex: true, fast: 'priority' },
  { id: 'gpt-5-mini', answersAs: 'gpt-5-mini-2025-08-07', reasons: 'always', flex: true, fast: 'priority' },
  { id: 'gpt-5.4', reasons: 'wished', flex: true, fast: 'priority' },
  { id: 'gpt-5.5', answersAs: 'gpt-5.5-2026-04-23', reasons: 'wished', flex: true, fast: 'priority' },
  { id: 'gpt-5.6-sol', reasons: 'wished', flex: true, fast: 'priority', ultrafast: true },
  { id: 'gpt-5.6-luna', reasons: 'wished', flex: true, fast: 'priority' },
  { id: 'gpt-6-sol', reasons: 'wished', flex: true, fast: 'fast' },
  { id: 'gpt-6-luna', reasons: 'wished', flex: true, fast: 'fast' },
  { id: 'gpt-6-astra', reasons: 'wished', flex: false, fast: 'fast', ultrafast: true },
  { id: 'text-embedding-3-small', reasons: 'none', flex: false, fast: null, embeds: true },
];

export function modelCalled(id: string): OpenAiModel | undefined {
  return OPENAI_MODELS.find((model) => model.id === id);
}
