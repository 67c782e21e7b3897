/** A model as a listing shows it. */
export interface ModelInfo {
  readonly id: string;
  /** Seconds since 1970; the wire has no way to say that it is unknown but 0. */
  readonly created?: number;
  readonly ownedBy?: string;
  /** Absent where no engine tells it. */
  readonly contextTokens?: number;
}

export function openaiModel(model: ModelInfo): object {
  return { id: model.id, object: 'model', created: model.created ?? 0, owned_by: model.ownedBy ?? 'offpeak' };
}

export function openaiModelList(models: readonly ModelInfo[]): object {
  return { object: 'list', data: models.map(openaiModel) };
}
