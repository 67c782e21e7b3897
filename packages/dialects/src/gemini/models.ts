import type { ModelInfo } from '../openai/models.ts';

/** A model's resource name on this wire begins so, in bodies and in paths. */
const RESOURCE = 'models/';

/** Methods are named as the paths are. Limits that are not known are left out: 0 would be taken for one. */
export function geminiModel(model: ModelInfo): object {
  const window = model.contextTokens === undefined ? {} : { inputTokenLimit: model.contextTokens };
  return {
    name: `${RESOURCE}${model.id}`,
    displayName: model.id,
    ...window,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  };
}

/** One page, so there is no `nextPageToken`: an empty one makes the SDK's pager go round for ever. */
export function geminiModelList(models: readonly ModelInfo[]): object {
  return { models: models.map(geminiModel) };
}
