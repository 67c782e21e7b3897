import { modelName } from '../wire.ts';
import { providerModels, type Wire } from './models.ts';

/**
 * - `own`: the engine's own wire, the way that requests went before there were others;
 * - `forwarded`: a provider of the mount's wire gets the client's bytes;
 * - `translated`: what is upstream speaks another wire than the client.
 */
export type PassageKind = 'own' | 'forwarded' | 'translated';

/** From a mount to an upstream. */
export interface Passage {
  readonly name: string;
  readonly mount: Wire;
  readonly model: string;
  readonly kind: PassageKind;
}

function toProvider(mount: Wire, wire: Wire): Passage {
  const kind = mount === wire ? 'forwarded' : 'translated';
  return { name: `${mount}-${wire}`, mount, model: providerModels[wire], kind };
}

function toEngine(mount: Wire): Passage {
  return { name: `${mount}-engine`, mount, model: modelName, kind: mount === 'openai' ? 'own' : 'translated' };
}

/** What every passage is compared with, beside the forwarding of its own mount. */
export const ownPassage: Passage = toEngine('openai');

/** Those of a mount stand together, so that they are measured at nearly the same time. */
export const passages: readonly Passage[] = [
  ownPassage,
  toProvider('openai', 'openai'),
  toProvider('openai', 'anthropic'),
  toProvider('openai', 'bedrock'),
  toProvider('groq', 'groq'),
  toProvider('responses', 'responses'),
  toEngine('responses'),
  toProvider('gemini', 'gemini'),
  toProvider('gemini', 'openai'),
  toEngine('gemini'),
  toProvider('anthropic', 'anthropic'),
  toProvider('anthropic', 'openai'),
  toEngine('anthropic'),
  toProvider('bedrock', 'bedrock'),
  toEngine('bedrock'),
];

/** The passage on which the mount's bytes are forwarded to a provider. */
export function forwardingOf({ mount }: Passage): string {
  return `${mount}-${mount}`;
}
