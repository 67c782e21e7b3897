import { isEvictable, type Tier } from '@offpeak/core';
import {
  CODECS,
  StreamRelay,
  type Codec,
  type DialectName,
  type Failure,
  type JsonObject,
  type WireHeaders,
} from '@offpeak/dialects';
import type { EngineRun, RunLimits } from '../../runs/engine-run.ts';
import { RelayRun } from '../../runs/relay-run.ts';
import { TranslatedRelay, WatchedRelay, type Relay } from '../../runs/relay.ts';
import { endOfFailure, type RunEnd } from '../../runs/run-end.ts';
import { UnaryRun } from '../../runs/unary-run.ts';
import { laneTimeoutMs } from '../../upstreams/lane-timeouts.ts';
import type { Lane } from '../../upstreams/lanes.ts';
import { choicesToFinish } from '../asked.ts';
import { KeptInStream, keptIn, type KeptThere } from '../stored/kept-there.ts';
import { inClientsWords } from './client-param.ts';
import type { Journey, Leg, WholeAnswer } from './leg.ts';

/** A quota that is used up, or a key that is no good, is looked at again after so long, unless the provider says when. */
const HOPELESS_PAUSE_MS = 30_000;

const FAILED_INSIDE: RunEnd = { kind: 'unusable', detail: 'it reported a failure inside its stream' };

function isHopeless({ kind }: Failure): boolean {
  return kind === 'credentials' || kind === 'exhausted';
}

/** OpenAI's stream for its own clients: the provider wrote the tier; usage that nobody asked for is taken out. */
class ProviderRelay extends StreamRelay implements Relay {
  ending(): null {
    return null;
  }
}

/** A stay at a hosted provider. */
export class LaneLeg implements Leg {
  readonly run: EngineRun;
  readonly #journey: Journey;
  readonly #lane: Lane;
  readonly #wire: DialectName;
  readonly #codec: Codec;
  #relay: Relay | null = null;
  #tierWord: string | undefined;
  readonly #keptInStream = new KeptInStream();
  keptThere: KeptThere | null = null;

  constructor(journey: Journey, lane: Lane, wire: DialectName, tokensMax: number) {
    this.#journey = journey;
    this.#lane = lane;
    this.#wire = wire;
    // A wire of its own has forms of its own: InvokeModel's bodies are those of the models.
    this.#codec = journey.passages.isOwn(wire) ? journey.asked.codec : CODECS[wire];
    this.run = this.#send(tokensMax);
  }

  relayFor(headers: WireHeaders): Relay {
    this.#relay = this.#relayOf(headers);
    return this.#relay;
  }

  whole(body: Buffer, headers: WireHeaders): WholeAnswer | null {
    const { asked, passages } = this.#journey;
    if (passages.isOwn(this.#wire)) {
      const facts = this.#codec.answerFacts(body, headers);
      if (facts === null) return null;
      this.#tierWord = facts.tierWord;
      if (this.#wire === 'responses') this.keptThere = keptIn(body);
      return { usage: facts.usage, pieces: [body] };
    }
    const answer = this.#codec.decodeAnswer(this.#codec.parse(body.toString('utf8')) as JsonObject, headers);
    this.#tierWord = answer.tierWord;
    // The served tier is part of the answer, and was only just told.
    this.#journey.tierTold();
    const said = asked.codec.encodeAnswer(answer, this.#journey.identity, passages.wish);
    return { usage: answer.usage, pieces: [Buffer.from(JSON.stringify(said))] };
  }

  get servedTier(): Tier | null {
    const word = this.#relay === null ? this.#tierWord : this.#relay.tierWord;
    return this.#codec.servedTier(word) ?? null;
  }

  endOf(error: unknown): RunEnd {
    // OpenAI's relay keeps the error as it came, and what it means beside it.
    const failure = this.#relay instanceof ProviderRelay ? this.#relay.failure : (error as Failure);
    return failure === null ? FAILED_INSIDE : this.#told(failure, 200);
  }

  succeeded(): void {
    this.#lane.backoff.succeeded();
  }

  lost(): void {
    // The lane's own model of its capacity is told by the scheduler.
  }

  bounced(end: RunEnd): number | undefined {
    const failure = end.kind === 'bounced' ? end.failure : undefined;
    if (failure === undefined || !isHopeless(failure)) return this.#lane.backoff.refused(failure?.retryAfterMs);
    const pauseMs = this.#lane.backoff.refused(failure.retryAfterMs ?? HOPELESS_PAUSE_MS);
    this.#lane.giveUp(failure, this.#journey.services.desk.now() + pauseMs);
    return pauseMs;
  }

  #told(failure: Failure, status: number): RunEnd {
    const end = endOfFailure(failure, status);
    return this.#sameWire ? end : inClientsWords(end, this.#codec, this.#journey.asked.codec);
  }

  get #sameWire(): boolean {
    return this.#journey.passages.isOwn(this.#wire);
  }

  #relayOf(headers: WireHeaders): Relay {
    const { asked, passages } = this.#journey;
    if (!this.#sameWire) {
      const encoder = asked.codec.streamEncoder(this.#journey.identity, passages.wish);
      const decoder = this.#codec.streamDecoder(headers);
      return new TranslatedRelay(decoder, encoder, asked.choices, () => {
        this.#journey.tierTold();
      });
    }
    if (this.#wire === 'openai') return new ProviderRelay(null, asked.facts.includeUsage, choicesToFinish(asked));
    const form = this.#journey.receipt.target.mount.dialect.streams;
    if (asked.wire?.stored?.store !== true) return new WatchedRelay(this.#codec.streamWatcher(headers), form);
    return new WatchedRelay(this.#codec.streamWatcher(headers), form, (events) => {
      this.#keptInStream.push(events);
      this.keptThere = this.#keptInStream.kept;
    });
  }

  #send(tokensMax: number): EngineRun {
    const { services, receipt, asked, answer, owner, passages, headers } = this.#journey;
    const { server } = services.config;
    const lane = this.#lane;
    const { upstream, tier } = lane;
    const timeoutMs =
      services.plans.timeoutOf(receipt.identity.project, tier) ?? laneTimeoutMs(upstream.settings.provider, tier);
    const { upstreamSilenceMsMax } = server;
    const limits: RunLimits = {
      timers: services.timers,
      firstByteMs: timeoutMs,
      // Headers may come at once and the first token of a flex answer a quarter of an hour later.
      silenceMs: isEvictable(tier) ? Math.max(upstreamSilenceMsMax, timeoutMs) : upstreamSilenceMsMax,
      streamTokensMax: tokensMax,
      refused: (status, said, body) => {
        return this.#told(this.#codec.readFailure(status, said, body), status);
      },
      responded: (said) => {
        this.#learn(said);
      },
    };
    const { slowReaderMsMax, unaryAnswerBytesMax } = server;
    const run = receipt.stream
      ? new RelayRun(owner, answer, limits, slowReaderMsMax)
      : new UnaryRun(owner, limits, unaryAnswerBytesMax);
    const tierWord = asked.operation === 'embeddings' ? null : this.#askWord(tier);
    const body = passages.forProvider(this.#wire, lane.model, tierWord);
    const call = {
      wire: this.#wire,
      operation: asked.operation,
      model: lane.model,
      stream: receipt.stream,
      tierWord,
      invoke: this.#sameWire && receipt.target.invoke === true,
      client: this.#sameWire ? headers : {},
    };
    upstream.send(call, lane.credential, body, run);
    return run;
  }

  /** A provider that is configured to serve a tier it has no word for is asked for its normal one, and for nothing better. */
  #askWord(tier: Tier): string | null {
    return this.#codec.askWord(tier) ?? this.#codec.askWord('standard');
  }

  /** What the answer's headers tell of the account's limits: work waits for them here, instead of being refused there. */
  #learn(headers: WireHeaders): void {
    const left = this.#codec.readLimits(headers, Date.now());
    if (left === null) return;
    const { desk } = this.#journey.services;
    desk.send({ kind: 'engine-limits', at: desk.now(), engine: this.#lane.id, ...left });
  }
}
