import type { JsonObject } from '../openai/accumulate.ts';

/**
 * What all wires can say in some form: the language between two dialects. A wire's codec reads its own requests into this and writes
 * this into its own. Whatever a request says that has no place here is refused by name when it is read for translation, and whatever a
 * target has no place for is refused by name when it is written (see `feature.ts`); requests whose wire is the target's own never come here.
 */
export interface CanonicalRequest {
  /** Text before the conversation, in order. */
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
  /**
   * The last message, the assistant's, is the beginning of the answer, which goes on from its last character (see `prefill.ts`).
   * Absent: such a message is history, and a new one answers it.
   */
  readonly continues?: true;
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** False: at most one call in an answer. */
  readonly parallelToolCalls?: boolean;
  readonly format?: AnswerFormat;
  readonly reasoning?: ReasoningWish;
  readonly sampling: Sampling;
  /** Log probabilities of the tokens that were chosen, with so many alternatives each. */
  readonly logprobs?: { readonly top: number };
  /** Who the request is made for, as an opaque name. */
  readonly user?: string;
  /**
   * Members that change nothing about the answer and that only the client's own provider knows (labels, storage, cache keys), by their
   * path in the client's body. Translation goes without them, and the answer says so in a header.
   */
  readonly ignored: readonly string[];
}

export interface Message {
  /** `system` only after the conversation began; what comes before is `CanonicalRequest.system`. */
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly Part[];
}

export type Part =
  | TextPart
  | ImagePart
  | DocumentPart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  /** The assistant declined, in its own words. */
  | { readonly kind: 'refusal'; readonly text: string };

/** A provider that caches prompts on demand is to keep everything up to and including this part. Others cache by themselves. */
export interface Cacheable {
  readonly cache?: '5m' | '1h';
}

export interface TextPart extends Cacheable {
  readonly kind: 'text';
  readonly text: string;
}

export interface ImagePart extends Cacheable {
  readonly kind: 'image';
  readonly source: Base64Source | UrlSource;
  readonly detail?: 'auto' | 'low' | 'high';
}

export interface DocumentPart extends Cacheable {
  readonly kind: 'document';
  readonly source: Base64Source | UrlSource | { readonly kind: 'text'; readonly text: string };
  readonly name?: string;
}

export interface Base64Source {
  readonly kind: 'base64';
  readonly mediaType: string;
  readonly data: string;
}

export interface UrlSource {
  readonly kind: 'url';
  readonly url: string;
  readonly mediaType?: string;
}

/** Only in messages of the assistant. */
export interface ToolCallPart extends Cacheable {
  readonly kind: 'tool-call';
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
  /** What the provider that made the call wants to see again with it; see `ReasoningPart.state`. */
  readonly state?: OpaqueState;
}

/** Only in messages of the user. */
export interface ToolResultPart extends Cacheable {
  readonly kind: 'tool-result';
  readonly callId: string;
  /** Of the tool; some wires go by it instead of the call. Readers fill it in from the call of that id where the wire leaves it out. */
  readonly name?: string;
  readonly parts: readonly (TextPart | ImagePart | DocumentPart)[];
  readonly isError?: boolean;
}

/** Only in messages of the assistant. History of this kind is left out for targets that have no place for it: no answer needs it. */
export interface ReasoningPart {
  readonly kind: 'reasoning';
  readonly text: string;
  /** Signatures and encrypted thoughts. Only a target of the same provider can use them; for others this part is left out. */
  readonly state?: OpaqueState;
}

/** A provider's own bytes, handed back to that provider as they were. */
export interface OpaqueState {
  readonly from: 'openai' | 'gemini' | 'anthropic' | 'bedrock';
  /** What it is there: `signature`, `redacted`, `encrypted`, `thoughtSignature`. */
  readonly form: string;
  readonly data: string;
  /** The item's id, where the provider goes by it. */
  readonly id?: string;
}

export interface Tool extends Cacheable {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the input; absent: it takes none. */
  readonly schema?: JsonObject;
  readonly strict?: boolean;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type AnswerFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly schema: JsonObject;
      readonly name?: string;
      readonly description?: string;
      readonly strict?: boolean;
    };

/** How much the model thinks before it answers. Wires say it as an effort or as a number of tokens; each is kept as it was said. */
export interface ReasoningWish {
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  readonly budgetTokens?: number;
  /** The model decides how much. */
  readonly adaptive?: boolean;
  /** Thoughts (or a summary of them) are wanted in the answer. */
  readonly visible?: boolean;
}

export interface Sampling {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  /** How many answers; absent: one. */
  readonly choices?: number;
}
