import type { Tier } from '@offpeak/core';
import {
  accountObjectIn,
  assistantIsLast,
  CODECS,
  hasTooManyValues,
  hidesWords,
  readRequest,
  splice,
  translatedValuesMax,
  Undecodable,
  Unsupported,
  type CanonicalRequest,
  type DialectName,
  type EncodedRequest,
  type JsonObject,
  type Problem,
  type ReadRequest,
  type StreamWish,
} from '@offpeak/dialects';
import type { Asked } from './asked.ts';

/** Engines speak OpenAI's wire with additions of their own. */
const ENGINES = 'engines';
type TargetWire = DialectName | typeof ENGINES;

/** How the name of every member ends that holds an address. */
const URL_SIGN = Buffer.from('url"');

const NONE: readonly string[] = [];

/** An OpenAI request for an engine. */
export interface EngineRequest {
  readonly body: Buffer;
  readonly request: ReadRequest;
}

/** A request in the forms that the wires behind its model want. Each is made at most once, and none that is not needed. */
export class Passages {
  readonly #asked: Asked;
  readonly #body: Buffer;
  readonly #echo: JsonObject;
  readonly #strange: string | null;
  #canonical: CanonicalRequest | Problem | null = null;
  #parsed: JsonObject | null = null;
  #forEngines: EngineRequest | null = null;
  #begins: boolean | null = null;
  /** Made when they are needed: most requests are never translated, and unused maps are work for the garbage collector all the same. */
  #encoded: Map<string, EncodedRequest> | null = null;
  #ignored: Set<string> | null = null;
  /** Undefined: nobody has asked. */
  #named: string | Problem | null | undefined = undefined;

  /**
   * `echo`: members that answers repeat and the body no longer has. `strange`: where the body names an item that is not known to be its
   * project's.
   */
  constructor(asked: Asked, body: Buffer, echo: JsonObject = {}, strange: string | null = null) {
    this.#asked = asked;
    this.#body = body;
    this.#echo = echo;
    this.#strange = strange;
  }

  /** Members of the client's request that translation went without. */
  get ignored(): readonly string[] {
    return this.#ignored === null ? NONE : [...this.#ignored];
  }

  /** What a writer of the mount's wire wants to know; whole once the request was translated. */
  get wish(): StreamWish {
    const { facts } = this.#asked;
    return {
      includeUsage: facts.includeUsage,
      inputTokens: facts.inputTokens,
      request: { ...this.#parsed, ...this.#echo },
    };
  }

  /** The mount's wire and this one say the same in the same bytes. */
  isOwn(wire: DialectName): boolean {
    return this.#asked.operation !== 'chat' || wire === this.#asked.codec.name;
  }

  /** Engines speak OpenAI's wire, and Groq's differs from it in one thing that they read: what a last message of the assistant means. */
  get isOwnOfEngines(): boolean {
    const { read, codec } = this.#asked;
    return read !== null && (codec.name !== 'groq' || !this.#beginsSilently(read));
  }

  #beginsSilently({ scan: { members } }: ReadRequest): boolean {
    this.#begins ??= members.continue_final_message === undefined && assistantIsLast(this.#body, members.messages);
    return this.#begins;
  }

  /** Why the request cannot be said in a wire; null where it can. What was found out is kept for sending it. */
  obstacle(wire: DialectName, model: string, tier: Tier): Problem | null {
    return this.isOwn(wire) ? null : this.#obstacle(wire, model, CODECS[wire].askWord(tier));
  }

  obstacleToEngines(): Problem | null {
    return this.isOwnOfEngines ? null : this.#obstacle(ENGINES, this.#asked.facts.model, null);
  }

  /** Why it cannot be said to those engines that only answer; null where it can. */
  obstacleToAnswering(): Problem | null {
    if (this.isOwnOfEngines) return null;
    const canonical = this.#canonicalRequest();
    if ('kind' in canonical || canonical.continues !== true) return null;
    const { codec, facts } = this.#asked;
    const detail = 'no engine of that model is known to go on with a message that was begun';
    return { kind: 'unsupported', param: codec.paramOf('prefill'), model: facts.model, wire: 'openai', detail };
  }

  /** What of the request names an object in the account behind a wire; null where nothing does. Only where there is no obstacle. */
  accountObject(wire: DialectName, model: string): string | Problem | null {
    if (this.isOwn(wire)) {
      if (this.#named === undefined) this.#named = accountObjectIn(wire, this.#body) ?? this.#strange;
      return this.#named;
    }
    // Decoding leaves nothing of an account in a request but addresses, and Gemini alone has files of its own behind some.
    if (wire !== 'gemini' || !(this.#body.includes(URL_SIGN) || hidesWords(this.#body))) return null;
    const named = accountObjectIn(wire, this.#translated(wire, model, null));
    return typeof named === 'string' ? this.#asked.codec.paramOf('image-url') : named;
  }

  /** For engines; only where there is no obstacle. */
  forEngines(): EngineRequest {
    if (this.#forEngines !== null) return this.#forEngines;
    const { read, facts } = this.#asked;
    if (this.isOwnOfEngines) this.#forEngines = { body: this.#body, request: read! };
    else {
      const body = this.#translated(ENGINES, facts.model, null);
      const request = readRequest('chat', body);
      if (!request.ok) throw new Error(`the translated request cannot be read: ${JSON.stringify(request.problem)}`);
      this.#forEngines = { body, request };
    }
    return this.#forEngines;
  }

  /** For a provider of the wire; only where there is no obstacle. */
  forProvider(wire: DialectName, model: string, tierWord: string | null): Buffer {
    if (!this.isOwn(wire)) return this.#translated(wire, model, tierWord);
    const { read, wire: own } = this.#asked;
    return own === null ? this.#renamed(read!, model) : own.forward(model, tierWord);
  }

  /** Embeddings and legacy completions: no tier, and all else is the provider's to judge. */
  #renamed(read: ReadRequest, model: string): Buffer {
    const pieces = splice(this.#body, read.scan, { model: JSON.stringify(model), service_tier: null, priority: null });
    return Buffer.concat(pieces);
  }

  #obstacle(wire: TargetWire, model: string, tierWord: string | null): Problem | null {
    const canonical = this.#canonicalRequest();
    if ('kind' in canonical) return canonical;
    const encoded = this.#encode(canonical, wire, model, tierWord);
    return 'kind' in encoded ? encoded : null;
  }

  #translated(wire: TargetWire, model: string, tierWord: string | null): Buffer {
    const canonical = this.#canonicalRequest();
    if ('kind' in canonical) throw new Error('a request that cannot be translated was sent on');
    const encoded = this.#encode(canonical, wire, model, tierWord);
    if ('kind' in encoded) throw new Error('a request that its upstream has no place for was sent on');
    return Buffer.from(JSON.stringify(encoded.body));
  }

  #encode(
    canonical: CanonicalRequest,
    target: TargetWire,
    model: string,
    tierWord: string | null,
  ): EncodedRequest | Extract<Problem, { kind: 'unsupported' }> {
    const key = `${target} ${tierWord ?? ''} ${model}`;
    let encoded = this.#encoded?.get(key);
    if (encoded !== undefined) return encoded;
    const { codec, facts } = this.#asked;
    const wire = target === ENGINES ? 'openai' : target;
    try {
      const to = { model, stream: facts.stream, tierWord, engine: target === ENGINES };
      encoded = CODECS[wire].encodeRequest(canonical, to);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      const param = codec.paramOf(error.feature);
      return { kind: 'unsupported', param, model: facts.model, wire, detail: error.message };
    }
    for (const feature of encoded.ignored) this.#ignore(codec.paramOf(feature));
    this.#encoded ??= new Map();
    this.#encoded.set(key, encoded);
    return encoded;
  }

  #ignore(param: string): void {
    this.#ignored ??= new Set();
    this.#ignored.add(param);
  }

  #canonicalRequest(): CanonicalRequest | Problem {
    this.#canonical ??= this.#decode();
    return this.#canonical;
  }

  #decode(): CanonicalRequest | Problem {
    const { codec, path, facts } = this.#asked;
    if (hasTooManyValues(this.#body)) return { kind: 'body-too-large', limitValues: translatedValuesMax };
    try {
      // The scanner found an object; what it steps over, the insides of strings, may still be no JSON.
      this.#parsed = codec.parse(this.#body.toString('utf8')) as JsonObject;
    } catch (error) {
      return { kind: 'malformed-json', detail: error instanceof Error ? error.message : 'it cannot be parsed' };
    }
    try {
      const canonical = codec.decodeRequest(this.#parsed, path);
      // Told without indexes: a header holds few names, and a conversation may have as many of a kind as it likes.
      for (const param of canonical.ignored) this.#ignore(param.replaceAll(/\[\d+\]/g, '[]'));
      return canonical;
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      return error.kind === 'invalid'
        ? { kind: 'invalid-value', param: error.param, detail: error.message }
        : { kind: 'untranslatable', param: error.param, model: facts.model, detail: error.message };
    }
  }
}
