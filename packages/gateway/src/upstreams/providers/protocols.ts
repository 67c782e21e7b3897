import type { ProviderConfig } from '../../config/config.ts';
import { ANTHROPIC_PROTOCOL } from './anthropic.ts';
import { BEDROCK_PROTOCOL } from './bedrock.ts';
import { GEMINI_PROTOCOL } from './gemini.ts';
import { GROQ_PROTOCOL } from './groq.ts';
import { openaiProtocol } from './openai.ts';
import type { Protocol } from './protocol.ts';

export function protocolOf({ provider, api }: ProviderConfig): Protocol {
  switch (provider) {
    case 'openai':
      return openaiProtocol(api);
    case 'groq':
      return GROQ_PROTOCOL;
    case 'gemini':
      return GEMINI_PROTOCOL;
    case 'anthropic':
      return ANTHROPIC_PROTOCOL;
    case 'bedrock':
      return BEDROCK_PROTOCOL;
  }
}
