import { isEvictable } from '@offpeak/core';
import { CODECS, readAnswer, StreamRelay, type JsonObject, type KeptAnswer, type WireHeaders } from '@offpeak/dialects';
import type { EngineRun, RunLimits } from '../../runs/engine-run.ts';
import { KeptRun } from '../../runs/kept-run.ts';
import { RelayRun } from '../../runs/relay-run.ts';
import { TranslatedRelay, type Relay } from '../../runs/relay.ts';
import { endOfStatus, type RunEnd } from '../../runs/run-end.ts';
import { UnaryRun } from '../../runs/unary-run.ts';
import type { EngineUpstream } from '../../upstreams/engine-upstream.ts';
import { choicesToFinish } from '../asked.ts';
import { engineBody } from '../engine-body.ts';
import { inClientsWords } from './client-param.ts';
import type { Journey, Leg, WholeAnswer } from './leg.ts';

const FAILED_INSIDE: RunEnd = { kind: 'unusable', detail: 'it reported a failure inside its stream' };
const END_MARK = 'data: [DONE]\n\n';

/** An engine's own stream for a client of OpenAI's family. */
class EngineRelay extends StreamRelay implements Relay {
  ending(): Buffer | null {
    return this.marked ? null : Buffer.from(this.rest + END_MARK);
  }
}

/** A stay at an engine of the operator's. They all speak OpenAI's wire. */
export class EngineLeg implements Leg {
  readonly run: EngineRun | null;
  readonly servedTier = undefined;
  readonly keptThere = null;
  readonly #journey: Journey;
  readonly #engine: EngineUpstream;

  /** `kept`: what the answer has come to in earlier stays, where it is kept at all. */
  constructor(journey: Journey, engine: EngineUpstream, model: string, kept: KeptAnswer | null, tokensMax: number) {
    this.#journey = journey;
    this.#engine = engine;
    this.run = this.#send(model, kept, tokensMax);
  }

  relayFor(): Relay {
    const { asked, passages } = this.#journey;
    if (!passages.isOwnOfEngines) return translation(this.#journey);
    const { includeUsage } = asked.facts;
    return new EngineRelay(this.#journey.servedWord(), includeUsage, choicesToFinish(asked), groqId(this.#journey));
  }

  whole(body: Buffer): WholeAnswer | null {
    const { asked, passages } = this.#journey;
    if (passages.isOwnOfEngines)
      return readAnswer(body, asked.operation, this.#journey.servedWord(), groqId(this.#journey));
    const answer = CODECS.openai.decodeAnswer(CODECS.openai.parse(body.toString('utf8')) as JsonObject, {});
    const said = asked.codec.encodeAnswer(answer, this.#journey.identity, passages.wish);
    return { usage: answer.usage, pieces: [Buffer.from(JSON.stringify(said))] };
  }

  endOf(): RunEnd {
    return FAILED_INSIDE;
  }

  succeeded(): void {
    this.#engine.requestSucceeded();
  }

  lost(detail: string): void {
    this.#engine.requestFailed(detail);
  }

  bounced(): undefined {
    return undefined;
  }

  #send(model: string, kept: KeptAnswer | null, tokensMax: number): EngineRun | null {
    const { services, receipt, asked, answer, owner, passages } = this.#journey;
    const { server } = services.config;
    const limits: RunLimits = {
      timers: services.timers,
      silenceMs: server.upstreamSilenceMsMax,
      firstByteMs: server.upstreamFirstByteMsMax,
      streamTokensMax: tokensMax,
      refused: (status, headers, said) => {
        const end = endOfStatus(status, headers, said);
        return passages.isOwnOfEngines ? end : inClientsWords(end, CODECS.openai, asked.codec);
      },
    };
    const { body, request } = passages.forEngines();
    const sent = engineBody(body, request, {
      model,
      tier: receipt.servedTier,
      engine: this.#engine,
      operation: asked.operation,
      stream: kept !== null || receipt.stream,
      kept,
    });
    if (sent === null) return null;
    let run: EngineRun;
    if (kept !== null) run = new KeptRun(owner, kept, answer, receipt.stream, limits, server.slowReaderMsMax);
    else if (receipt.stream) run = new RelayRun(owner, answer, limits, server.slowReaderMsMax);
    else run = new UnaryRun(owner, limits, server.unaryAnswerBytesMax);
    this.#engine.send(receipt.target.enginePath, sent, run);
    return run;
  }
}

/** From an engine's stream to the mount's. */
export function translation({ asked, identity, passages }: Journey, headers: WireHeaders = {}): TranslatedRelay {
  const encoder = asked.codec.streamEncoder(identity, passages.wish);
  return new TranslatedRelay(CODECS.openai.streamDecoder(headers), encoder, asked.choices);
}

/** What Groq's answers call the request, where an engine's answer is to be one. */
export function groqId({ receipt, asked }: Pick<Journey, 'receipt' | 'asked'>): string | undefined {
  return asked.codec.name === 'groq' && asked.operation === 'chat' ? receipt.id : undefined;
}

/** Whether an engine's answer to it is kept, so that it can be evicted and resumed. */
export function isKept({ receipt, asked }: Pick<Journey, 'receipt' | 'asked'>): boolean {
  return isEvictable(receipt.servedTier) && asked.operation !== 'embeddings';
}
