import type { Tier } from '@offpeak/core';
import type { CanonicalAnswer, Failure, LimitReading, StreamPart } from './canonical/answer.ts';
import type { Feature } from './canonical/feature.ts';
import type { CanonicalRequest } from './canonical/request.ts';
import type { DialectName, RequestFacts, Usage } from './dialect.ts';
import type { JsonObject } from './openai/accumulate.ts';
import type { ReadRequest } from './openai/request.ts';
import type { Problem } from './problem.ts';

/** What the path and the headers of a request say; each wire uses what it has there. */
export interface PathFacts {
  /** The model, where the path names it. */
  readonly model?: string;
  /** Whether the path asks for a stream. */
  readonly stream?: boolean;
  /** The tier's word, where the wire has it in a header. */
  readonly tierWord?: string;
  /** Only the prompt's tokens are wanted: members that bound the answer may be absent. */
  readonly operation?: 'count-tokens';
  /** Bedrock's InvokeModel: the body is in the model's own form. */
  readonly invoke?: boolean;
}

/** A request as its own wire's mount reads it: what routing needs, and how the same bytes go to an upstream of that wire. */
export interface WireRequest {
  readonly ok: true;
  readonly facts: RequestFacts;
  /** How many answers it asks for. */
  readonly choices: number;
  readonly stored?: StoredWish;
  /** On OpenAI's chat wire and Groq's, which engines speak: where in the body everything is. */
  readonly read?: ReadRequest;
  /**
   * The client's bytes with the upstream's name for the model and the tier's word written in, where the wire has them in its body. A null
   * word takes the member out. Members that only Offpeak knows are taken out as well.
   */
  forward(model: string, tierWord: string | null): Buffer;
}

/** What a request says about the keeping of answers, on the one wire that has it. */
export interface StoredWish {
  /** The answer that it continues, by the id that it was given here. */
  readonly previousResponse?: string;
  /** Whether the answer is to be kept. */
  readonly store: boolean;
}

export type WireRead = WireRequest | { readonly ok: false; readonly problem: Problem };

/** An answer's identity towards the client, whatever the upstream's was. */
export interface AnswerIdentity {
  /** Unique; each wire puts its own prefix before it. */
  readonly id: string;
  /** The name by which the client asked for the model. */
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The served tier in the mount's word, at the moment of asking: it may become known as late as the last chunk. */
  tierWord(): string;
  /** How long the request has taken so far, for wires whose answers tell it. */
  elapsedMs?(): number;
}

/** What a stream's writer needs of the request. */
export interface StreamWish {
  /** The client asked for usage at the end, on wires where that is a choice. */
  readonly includeUsage: boolean;
  /** What the request estimates of its prompt, for wires that tell the input's size first. */
  readonly inputTokens: number;
  /** The parsed body of the request, for wires whose answers repeat parts of it. */
  readonly request: JsonObject;
}

export interface StreamDecoder {
  /** Takes bytes as they come off the network, cut anywhere. Throws `Garbled`. */
  push(bytes: Buffer): StreamPart[];
}

export interface StreamEncoder {
  /** The bytes that say these parts; may be empty. Parts come in the order that `StreamPart` describes, one `start` first. */
  write(parts: readonly StreamPart[]): Buffer;
  /** What the wire has after the last part. Called once, after every choice finished. */
  end(): Buffer;
}

/**
 * Looks at a stream that is forwarded as bytes: no more of it is parsed than what this tells. `push` throws `Garbled` where the bytes are
 * no stream of the wire.
 */
export interface StreamWatcher {
  push(bytes: Buffer): void;
  /** Parts of the answer so far: about one a token, exact once `usage` is there. */
  readonly tokens: number;
  readonly usage: Usage | null;
  /** The upstream's word for the served tier, once it was told. */
  readonly tierWord: string | undefined;
  /** The upstream failed inside its stream. */
  readonly failure: Failure | null;
  /** The wire's end mark came. */
  readonly marked: boolean;
  /** Nothing of the answer is missing, with or without the mark. */
  readonly whole: boolean;
}

/** What is read of a unary answer that is forwarded as bytes. */
export interface AnswerFacts {
  readonly usage: Usage | null;
  readonly tierWord: string | undefined;
}

/** Lower-case names. */
export type WireHeaders = Readonly<Record<string, string | undefined>>;

export interface EncodedRequest {
  readonly body: JsonObject;
  /** What was left out because this wire has no place for it and the answer is the same without (see `ignorable` features). */
  readonly ignored: readonly Feature[];
}

/** One wire in both directions: as a mount that clients call, and as the wire of an upstream. Pure. */
export interface Codec {
  readonly name: DialectName;
  /**
   * `JSON.parse` of a request or an answer. Arguments, results and schemas of tools keep their numbers as they are written, whatever the
   * language makes of them; all that the wire itself says has plain ones.
   */
  parse(text: string): unknown;

  // As a mount.

  /** Reads what routing needs without parsing the body. */
  read(body: Buffer, path: PathFacts): WireRead;
  /** Reads the whole request, for translation. Throws `Undecodable`. */
  decodeRequest(body: JsonObject, path: PathFacts): CanonicalRequest;
  encodeAnswer(answer: CanonicalAnswer, as: AnswerIdentity, wish: StreamWish): JsonObject;
  streamEncoder(as: AnswerIdentity, wish: StreamWish): StreamEncoder;
  /** What a client of this wire calls the feature: `generationConfig.topK`. */
  paramOf(feature: Feature): string;

  // As an upstream.

  /** Throws `Unsupported`. `tierWord`: null where the upstream is to get none. */
  encodeRequest(request: CanonicalRequest, to: UpstreamCall): EncodedRequest;
  /** Throws `Garbled`. */
  decodeAnswer(body: JsonObject, headers: WireHeaders): CanonicalAnswer;
  streamDecoder(headers: WireHeaders): StreamDecoder;
  streamWatcher(headers: WireHeaders): StreamWatcher;
  /** Null: it is no answer of this wire. */
  answerFacts(body: Buffer, headers: WireHeaders): AnswerFacts | null;
  /** What a status other than 200 means. Whatever the body is: it may be HTML, or empty. */
  readFailure(status: number, headers: WireHeaders, body: Buffer): Failure;
  /** `wallMs`: time of day, for resets that are told as one. */
  readLimits(headers: WireHeaders, wallMs: number): LimitReading | null;
  /** The word that asks an upstream of this wire for the tier; null where it has none. */
  askWord(tier: Tier): string | null;
  /** What an upstream's word for the served tier means; undefined where it tells nothing. */
  servedTier(word: string | undefined): Tier | undefined;
}

export interface UpstreamCall {
  /** The upstream's name for the model, where it goes into the body. */
  readonly model: string;
  readonly stream: boolean;
  readonly tierWord: string | null;
  /** It is an engine behind the chat wire: more sampling than at OpenAI, the older names, thoughts in the open. */
  readonly engine?: boolean;
}
