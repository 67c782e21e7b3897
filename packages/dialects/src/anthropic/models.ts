import type { ModelInfo } from '../openai/models.ts';

/** The last moment that a date can tell, in seconds. What an engine says may be beyond it. */
const createdMax = 8_640_000_000_000;

/** What is not known here is null, as the SDK's types allow; a model without a known date is of 1970. */
export function anthropicModel(model: ModelInfo): object {
  const created = model.created ?? 0;
  return {
    type: 'model',
    id: model.id,
    display_name: model.id,
    created_at: new Date(Math.abs(created) <= createdMax ? created * 1_000 : 0).toISOString(),
    max_input_tokens: model.contextTokens ?? null,
    max_tokens: null,
    capabilities: null,
    line: null,
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
  };
}

/** All of them are one page. */
export function anthropicModelList(models: readonly ModelInfo[]): object {
  return {
    data: models.map(anthropicModel),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  };
}
