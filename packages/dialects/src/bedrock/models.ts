import type { ModelInfo } from '../openai/models.ts';

/** As the control plane's GetFoundationModel tells it, with the members that are known here. */
export function bedrockModel(model: ModelInfo): object {
  return { modelDetails: summaryOf(model) };
}

/** As its ListFoundationModels does. */
export function bedrockModelList(models: readonly ModelInfo[]): object {
  return { modelSummaries: models.map(summaryOf) };
}

function summaryOf(model: ModelInfo): object {
  return {
    modelArn: `arn:offpeak:bedrock:local::foundation-model/${model.id}`,
    modelId: model.id,
    modelName: model.id,
    providerName: model.ownedBy ?? 'offpeak',
    responseStreamingSupported: true,
    modelLifecycle: { status: 'ACTIVE' },
  };
}
