/** What a wire may have no place for. The client is told in its own wire's word; see `Codec.paramOf`. */
export const FEATURES = [
  'system-later',
  'image',
  'image-url',
  'image-type',
  'image-detail',
  'document',
  'document-url',
  'document-type',
  'document-name',
  'tools',
  'tool-choice',
  'tool-strict',
  'tool-result-image',
  'tool-result-document',
  'tool-result-error',
  'parallel-tool-calls',
  'format-json',
  'format-schema',
  'reasoning-effort',
  'reasoning-budget',
  'reasoning-visible',
  'max-tokens',
  'temperature',
  'top-p',
  'top-k',
  'frequency-penalty',
  'presence-penalty',
  'seed',
  'stop',
  'choices',
  'logprobs',
  'user',
  'cache',
  'refusal-part',
  'message-order',
  'prefill',
] as const;

export type Feature = (typeof FEATURES)[number];

/** Thrown by `Codec.encodeRequest`: the target has no place for what the request asks, so another answer would come back than was asked for. */
export class Unsupported extends Error {
  readonly feature: Feature;

  /** `detail` completes the sentence "… cannot be said to <upstream>: <detail>". */
  constructor(feature: Feature, detail: string) {
    super(detail);
    this.name = 'Unsupported';
    this.feature = feature;
  }
}

/** Thrown by `Codec.decodeRequest`: the request itself is wrong, or says something that no other wire has a word for. */
export class Undecodable extends Error {
  /** Path in the client's body: `messages[2].content[0].type`. */
  readonly param: string;
  /** `untranslatable`: it would be fine with its own provider. */
  readonly kind: 'invalid' | 'untranslatable';

  constructor(kind: 'invalid' | 'untranslatable', param: string, detail: string) {
    super(detail);
    this.name = 'Undecodable';
    this.kind = kind;
    this.param = param;
  }
}

/** Thrown by decoders of answers and streams: an upstream sent something that is no answer of its wire. */
export class Garbled extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'Garbled';
  }
}
