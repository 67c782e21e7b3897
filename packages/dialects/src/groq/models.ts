import { openaiModel, type ModelInfo } from '../openai/models.ts';

/** Groq adds whether a model is in service, and how much it can read. */
export function groqModel(model: ModelInfo): object {
  const window = model.contextTokens === undefined ? {} : { context_window: model.contextTokens };
  return { ...openaiModel(model), active: true, ...window, public_apps: null };
}

export function groqModelList(models: readonly ModelInfo[]): object {
  return { object: 'list', data: models.map(groqModel) };
}
