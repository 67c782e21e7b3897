/**
 * Whose settings a model takes beside those that all have: what Bedrock hands on unread in `additionalModelRequestFields`. Told by the
 * model's id; the ARN of an application's own inference profile does not tell it.
 */
export type ModelFamily = 'claude' | 'nova' | 'gpt-oss' | 'gpt' | 'other';

export function familyOf(model: string): ModelFamily {
  if (model.includes('anthropic.') || model.includes('claude')) return 'claude';
  if (model.includes('amazon.nova')) return 'nova';
  if (model.includes('openai.gpt-oss')) return 'gpt-oss';
  return model.includes('openai.') ? 'gpt' : 'other';
}
