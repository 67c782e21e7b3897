import type { DialectName } from './dialect.ts';
import { groqModel } from './groq/models.ts';
import { openaiModel, type ModelInfo } from './openai/models.ts';

const MODEL_FORMS: Readonly<Record<DialectName, (model: ModelInfo) => object>> = {
  openai: openaiModel,
  groq: groqModel,
};

/** What `GET /models/{id}` answers. */
export function modelObject(dialect: DialectName, model: ModelInfo): object {
  return MODEL_FORMS[dialect](model);
}

/** What `GET /models` answers. */
export function modelList(dialect: DialectName, models: readonly ModelInfo[]): object {
  return { object: 'list', data: models.map(MODEL_FORMS[dialect]) };
}
