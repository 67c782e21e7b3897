import type { Feature } from '../canonical/feature.ts';

/** Where a client of this wire says it. */
const PARAMS: Readonly<Record<Feature, string>> = {
  'system-later': 'contents',
  image: 'contents.parts.inlineData',
  'image-url': 'contents.parts.fileData',
  'image-type': 'contents.parts.inlineData.mimeType',
  'image-detail': 'contents.parts.mediaResolution',
  document: 'contents.parts.inlineData',
  'document-url': 'contents.parts.fileData',
  'document-type': 'contents.parts.inlineData.mimeType',
  'document-name': 'contents.parts.inlineData.displayName',
  tools: 'tools.functionDeclarations',
  'tool-choice': 'toolConfig.functionCallingConfig',
  'tool-strict': 'toolConfig.functionCallingConfig.mode',
  'tool-result-image': 'contents.parts.functionResponse.parts',
  'tool-result-document': 'contents.parts.functionResponse.parts',
  'tool-result-error': 'contents.parts.functionResponse.response',
  'parallel-tool-calls': 'toolConfig.functionCallingConfig',
  'format-json': 'generationConfig.responseMimeType',
  'format-schema': 'generationConfig.responseJsonSchema',
  'reasoning-effort': 'generationConfig.thinkingConfig.thinkingLevel',
  'reasoning-budget': 'generationConfig.thinkingConfig.thinkingBudget',
  'reasoning-visible': 'generationConfig.thinkingConfig.includeThoughts',
  'max-tokens': 'generationConfig.maxOutputTokens',
  temperature: 'generationConfig.temperature',
  'top-p': 'generationConfig.topP',
  'top-k': 'generationConfig.topK',
  'frequency-penalty': 'generationConfig.frequencyPenalty',
  'presence-penalty': 'generationConfig.presencePenalty',
  seed: 'generationConfig.seed',
  stop: 'generationConfig.stopSequences',
  choices: 'generationConfig.candidateCount',
  logprobs: 'generationConfig.responseLogprobs',
  user: 'labels',
  cache: 'cachedContent',
  'refusal-part': 'contents.parts.text',
  'message-order': 'contents',
  prefill: 'contents.role',
};

export function geminiParam(feature: Feature): string {
  return PARAMS[feature];
}
