import { ANTHROPIC_CODEC } from '../../anthropic/codec.ts';
import { anthropicServedWord } from '../../anthropic/tiers.ts';
import { Undecodable } from '../../canonical/feature.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import type { AnswerIdentity, Codec, PathFacts } from '../../codec.ts';
import { OPENAI_CODEC } from '../../openai/codec.ts';
import type { JsonObject } from '../../openai/accumulate.ts';
import { openaiServedWord } from '../../openai/tiers.ts';
import { bedrockServedTier } from '../tiers.ts';
import type { InvokeForm } from './body.ts';

/** The wire whose form a model on Bedrock speaks. Null: one that is spoken nowhere else. */
export function modelWire(form: InvokeForm): Codec | null {
  switch (form) {
    case 'anthropic':
      return ANTHROPIC_CODEC;
    case 'openai':
      return OPENAI_CODEC;
    case 'other':
      return null;
  }
}

export function decodeInvoke(body: JsonObject, path: PathFacts, form: InvokeForm): CanonicalRequest {
  const wire = modelWire(form);
  if (wire === null) {
    const detail =
      "its members are those of one model's own API, which only Bedrock speaks; send a conversation to Converse";
    throw new Undecodable('untranslatable', 'body', detail);
  }
  // It stands where the model's name stands at the provider itself, and only says which form this is.
  const { anthropic_version: _version, ...request } = body;
  return wire.decodeRequest(request, path);
}

/** The tier in the words of the form. */
export function identityIn(form: InvokeForm, as: AnswerIdentity): AnswerIdentity {
  const wordOf = form === 'anthropic' ? anthropicServedWord : openaiServedWord;
  const tierWord = (): string => {
    const word = as.tierWord();
    const tier = bedrockServedTier(word);
    return tier === undefined ? word : wordOf(tier);
  };
  return { ...as, tierWord };
}
