import type { Tier } from '@offpeak/core';
import type { Feature } from '../../canonical/feature.ts';
import type { LastWord } from '../../canonical/prefill.ts';
import type { ReasoningWish } from '../../canonical/request.ts';

type Effort = NonNullable<ReasoningWish['effort']>;

/** What a server of the chat wire takes, where servers differ. */
export interface ChatTarget {
  /** The bound on the answer: reasoning models of OpenAI refuse the old name, and some engines do not know the new one. */
  readonly maxTokens: 'max_tokens' | 'max_completion_tokens';
  readonly user: 'user' | 'safety_identifier';
  readonly stopMax: number;
  readonly choicesMax: number;
  /** Null: whatever there is, it judges for itself. */
  readonly efforts: readonly Effort[] | null;
  /** It is told with `include_reasoning` whether thoughts are to be seen; others never show any. */
  readonly showsThoughts: boolean;
  /** Where an assistant's earlier thoughts go. Null: it has no place for them. */
  readonly thoughts: 'reasoning_content' | 'reasoning' | null;
  /** It has a member for an assistant that declined; elsewhere the words are its text. */
  readonly refusals: boolean;
  readonly topK: boolean;
  readonly penalties: boolean;
  readonly logprobs: boolean;
  /** Null: it judges for itself. */
  readonly imageTypes: readonly string[] | null;
  readonly toolResultImages: boolean;
  readonly documents: boolean;
  readonly lastWord: LastWord;
  /** A stream tells its usage only where it is asked to. */
  readonly usageOption: boolean;
}

/** A provider's variant of the chat wire: all that its codec differs in from the others'. */
export interface ChatFlavour {
  readonly name: 'openai' | 'groq';
  /** Members of its requests that change nothing about the answer. */
  readonly ignored: readonly string[];
  /** Members that only its own servers understand, each with the reason. */
  readonly own: Readonly<Record<string, string>>;
  readonly target: ChatTarget;
  /** Where an answer shows the model's thoughts. */
  readonly thoughts: 'reasoning_content' | 'reasoning';
  /** Its streams tell their id and usage in `x_groq`, the usage with the last choice's finish. */
  readonly xGroq: boolean;
  readonly tiers: ReadonlyMap<string, Tier | 'auto'>;
  /** The word that asks for each tier. */
  readonly askWords: Readonly<Record<Tier, string | null>>;
  /** Where a feature's name differs from the chat wire's usual one. */
  readonly params: Partial<Record<Feature, string>>;
}

const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** OpenAI's reference for POST /v1/chat/completions, as openai 7.55.0 documents it. */
export const OPENAI_TARGET: ChatTarget = {
  maxTokens: 'max_completion_tokens',
  user: 'safety_identifier',
  stopMax: 4,
  choicesMax: 128,
  efforts: null,
  showsThoughts: false,
  thoughts: null,
  refusals: true,
  topK: false,
  penalties: true,
  logprobs: true,
  imageTypes: IMAGE_TYPES,
  toolResultImages: false,
  documents: true,
  lastWord: 'answers',
  usageOption: true,
};

/** vLLM and its kind: the wire's older core, more sampling, and thoughts in the open. */
export const ENGINE_TARGET: ChatTarget = {
  ...OPENAI_TARGET,
  maxTokens: 'max_tokens',
  user: 'user',
  stopMax: Number.POSITIVE_INFINITY,
  choicesMax: Number.POSITIVE_INFINITY,
  showsThoughts: true,
  thoughts: 'reasoning_content',
  refusals: false,
  topK: true,
  imageTypes: null,
  documents: false,
  lastWord: 'told',
};

/**
 * Groq's reference, as groq-sdk 1.6.0 documents it: some of what it types is "not yet supported by any of our models". Its other word for
 * thoughts, `reasoning_format`, is refused by every model but Qwen (its page on reasoning, read 2026-11-21).
 */
export const GROQ_TARGET: ChatTarget = {
  ...OPENAI_TARGET,
  user: 'user',
  choicesMax: 1,
  efforts: ['none', 'low', 'medium', 'high'],
  showsThoughts: true,
  thoughts: 'reasoning',
  refusals: false,
  penalties: false,
  logprobs: false,
  toolResultImages: true,
  documents: false,
  // https://console.groq.com/docs/prompting, "Assistant Message Prefilling", read 2026-11-21.
  lastWord: 'goes-on',
  usageOption: false,
};
