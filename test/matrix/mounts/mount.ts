import type { Json } from '../../e2e/requests.ts';

/** The wires, once more and by hand: nothing here may lean on the codecs that it judges. */
export const MOUNT_NAMES = ['openai', 'responses', 'groq', 'gemini', 'anthropic', 'bedrock'] as const;
export type MountName = (typeof MOUNT_NAMES)[number];

export type AskedTier = 'priority' | 'standard' | 'flex';

/** What a client wants, before any wire has words for it. */
export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  /** Absent: the client says nothing about tiers. */
  readonly tier?: AskedTier;
  readonly turns: readonly Turn[];
  readonly tools?: readonly ToolSpec[];
  /** The JSON schema that the answer's text has to match. */
  readonly format?: Json;
  readonly maxTokens?: number;
}

export type Turn =
  | { readonly kind: 'user'; readonly text: string; readonly pngBase64?: string }
  /** An earlier answer of the same mount, which goes back as it came. */
  | { readonly kind: 'said'; readonly heard: Heard }
  | { readonly kind: 'results'; readonly results: readonly { readonly call: Call; readonly text: string }[] };

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly schema: Json;
}

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export interface WireRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** An answer as it came over HTTP. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** An answer as its wire's client understands it. */
export interface Heard {
  readonly text: string;
  readonly calls: readonly Call[];
  readonly stop: 'end' | 'length' | 'calls';
  /** In the wire's own place; undefined where it has none. */
  readonly model: string | undefined;
  /** What the wire's own place says of the tier; more than one where a stream says it more than once, and not the same. */
  readonly tiers: readonly string[];
  readonly usage: HeardUsage | undefined;
  /** What a client keeps of the answer for its next request. */
  readonly turn: unknown;
  /** A stream that ended in a failure: what was heard before it is above. */
  readonly failure: WireProblem | null;
}

/** `input` is all of the prompt and `output` all of the answer, whatever the wire adds up; the rest where the wire has a place for it. */
export interface HeardUsage {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

export type Count = 'cached' | 'cacheWrite' | 'reasoning';

export interface WireProblem {
  /** In the middle of a stream there is none. */
  readonly status?: number;
  /** The word that the wire's clients compare: a code, a type or the name of an exception. */
  readonly word: string;
  readonly message: string;
}

/** One wire as its clients speak it. */
export interface Mount {
  readonly name: MountName;
  /** What the answers call the tiers. */
  readonly tierWords: Readonly<Record<AskedTier, string>>;
  /** The tier is told in a header, too, whether or not the answer has it. */
  readonly tierHeader?: true;
  /** Kinds of tokens that its usage has a place for. */
  readonly counts: readonly Count[];
  /** How these are told here. */
  readonly problems: Readonly<Record<ProblemKind, { readonly status: number; readonly word: string }>>;
  /** The word for an upstream that broke in the middle of a stream. */
  readonly brokenWord: string;
  request(ask: Ask): WireRequest;
  /** Throws where the reply is not what the wire promises. */
  hear(reply: Reply, stream: boolean): Heard;
  /** Of a reply that is no answer. Throws where it is not in the wire's own form. */
  problem(reply: Reply): WireProblem;
}

export type ProblemKind =
  | 'flex-unavailable'
  | 'contended'
  /** The wire's clients know what it means that the request is at fault. */
  | 'rejected'
  /** A refusal by name. */
  | 'unsupported'
  | 'upstream-failed'
  | 'upstream-timeout'
  | 'upstream-credentials'
  | 'upstream-exhausted';
