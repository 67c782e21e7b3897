import type { Feature } from '../canonical/feature.ts';
import { CHAT_PARAMS } from '../openai/codec/params.ts';

const DIFFERENT: Partial<Record<Feature, string>> = {
  'system-later': 'input[].role',
  image: 'input[].content[].image_url',
  'image-url': 'input[].content[].image_url',
  'image-type': 'input[].content[].image_url',
  'image-detail': 'input[].content[].detail',
  document: 'input[].content[].file_data',
  'document-url': 'input[].content[].file_url',
  'document-type': 'input[].content[].file_data',
  'document-name': 'input[].content[].filename',
  'tool-strict': 'tools[].strict',
  'tool-result-image': 'input[].output',
  'tool-result-document': 'input[].output',
  'tool-result-error': 'input[].output',
  'format-json': 'text.format',
  'format-schema': 'text.format',
  'reasoning-effort': 'reasoning.effort',
  'reasoning-budget': 'reasoning.effort',
  'reasoning-visible': 'reasoning.summary',
  'max-tokens': 'max_output_tokens',
  logprobs: 'top_logprobs',
  user: 'safety_identifier',
  cache: 'input[].content[].prompt_cache_breakpoint',
  'refusal-part': 'input[].content[].refusal',
  'message-order': 'input',
  prefill: 'input',
};

export function responsesParam(feature: Feature): string {
  return DIFFERENT[feature] ?? CHAT_PARAMS[feature];
}
