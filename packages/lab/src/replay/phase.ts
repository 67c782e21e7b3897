import type { Tier } from '@offpeak/core';
import { DIALECTS, resolveTierWord } from '@offpeak/dialects';
import { QuantileSketch } from '../measure/quantile-sketch.ts';
import { RunCollector, type Slo } from '../measure/run-collector.ts';
import type { EndlessFlex } from '../workload/endless.ts';
import type { LabRequest } from '../workload/workload.ts';
import { Call, type CallEnd, type CallEvents } from './call.ts';
import type { ReplayLimits } from './options.ts';
import { promptOf } from './prompt.ts';
import { chatBody, type Server } from './server.ts';
import { TierFacts } from './tier-facts.ts';

export interface PhaseOptions {
  readonly server: Server;
  readonly model: string;
  readonly requests: readonly LabRequest[];
  readonly endless: { readonly source: EndlessFlex; readonly concurrency: number } | null;
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly exactLengths: boolean;
  readonly slo: Slo;
  readonly seed: number;
  readonly limits: ReplayLimits;
  readonly signal: AbortSignal | undefined;
  readonly onTick: (phase: Phase, elapsedMs: number) => void;
}

interface Sent {
  readonly tier: Tier;
  readonly endless: boolean;
  /** When it was due, from the start of the phase. */
  readonly atMs: number;
  /** As asked for; the server may count a little otherwise. */
  readonly inputTokens: number;
  pieceAt: number;
}

type Wish = Pick<LabRequest, 'inputTokens' | 'outputTokens' | 'prefix'>;

const TICK_MS = 250;
/** Arrivals that are due are sent in turns of this many, so that answers are still read in time. */
const SENT_PER_TURN = 32;
/** A flex source that was refused sends its next request when it is told to, within these bounds, or after the usual pause. */
const REFUSED_PAUSE_MS = { usual: 1000, min: 50, max: 5000 } as const;
/** Endless requests have names of their own, so that no text of theirs equals one of the workload. */
const ENDLESS_SEED = 1;
const WORKLOAD_SEED = 0;

/** One run of a workload against a server: sends each request at its time, keeps endless flex in flight, and measures. */
export class Phase implements CallEvents {
  readonly collector: RunCollector;
  readonly facts: Map<Tier, TierFacts> = new Map();
  readonly lateness: QuantileSketch = new QuantileSketch();
  readonly counts: Record<CallEnd['outcome'], number> = { completed: 0, refused: 0, failed: 0, cut: 0 };
  sent = 0;
  notSent = 0;
  inFlightPeak = 0;
  interrupted = false;
  /** Less than its duration where it was interrupted. */
  ranMs = 0;
  /** Pieces of flex answers that then failed. */
  lostFlexTokens = 0;
  readonly #options: PhaseOptions;
  readonly #live = new Map<Call, Sent>();
  readonly #waiting = new Map<Tier, number>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #startedAt = 0;
  #next = 0;
  #endlessSent = 0;
  #timer: NodeJS.Timeout | undefined;
  /** `open`: requests are sent; `draining`: those in flight are waited for; `closed`: nothing is in flight. */
  #state: 'open' | 'draining' | 'closed' = 'open';
  readonly #closed = Promise.withResolvers<undefined>();

  constructor(options: PhaseOptions) {
    this.#options = options;
    this.collector = new RunCollector({
      durationMs: options.durationMs,
      slo: options.slo,
      measureFromMs: options.warmUpMs,
      measureToMs: options.durationMs,
    });
  }

  get inFlight(): number {
    return this.#live.size;
  }

  /** Where the phase is in its own time, which ends at its duration. */
  get elapsedMs(): number {
    return Math.min(this.#options.durationMs, performance.now() - this.#startedAt);
  }

  async run(): Promise<void> {
    const { requests, durationMs, limits, signal, endless, onTick } = this.#options;
    this.#startedAt = performance.now();
    const interrupt = (): void => {
      this.interrupted = true;
      this.#cutAll();
      this.#drain();
    };
    const tick = setInterval(() => {
      onTick(this, this.elapsedMs);
    }, TICK_MS);
    const end = setTimeout(() => {
      // The last request of a recorded trace is due at its very end.
      while (this.#next < requests.length) this.#sendNext(requests[this.#next]!);
      this.#drain();
    }, durationMs);
    const last = setTimeout(() => {
      for (const call of this.#live.keys()) call.giveUp(`no end within ${limits.drainMsMax} ms after the last request`);
    }, durationMs + limits.drainMsMax);
    signal?.addEventListener('abort', interrupt);
    try {
      if (signal?.aborted === true) interrupt();
      for (let index = 0; index < (endless?.concurrency ?? 0); index += 1) this.#sendEndless();
      this.#pump();
      await this.#closed.promise;
    } finally {
      signal?.removeEventListener('abort', interrupt);
      clearInterval(tick);
      clearTimeout(end);
      clearTimeout(last);
      clearTimeout(this.#timer);
    }
    onTick(this, this.elapsedMs);
  }

  /** Sends what is due, and sleeps until the next is. */
  #pump(): void {
    const { requests } = this.#options;
    for (let turn = 0; turn < SENT_PER_TURN && this.#state === 'open'; turn += 1) {
      const request = requests[this.#next];
      if (request === undefined) return;
      const earlyMs = request.atMs - this.#now();
      if (earlyMs > 0) {
        this.#timer = setTimeout(() => {
          this.#pump();
        }, earlyMs);
        return;
      }
      this.#sendNext(request);
    }
    this.#timer = setTimeout(() => {
      this.#pump();
    }, 0);
  }

  #sendNext(request: LabRequest): void {
    const index = this.#next++;
    if (this.#full) {
      this.notSent += 1;
      return;
    }
    const { tier = 'standard', atMs } = request;
    const call = this.#send(request, tier, [this.#options.seed, WORKLOAD_SEED, index], atMs);
    this.lateness.add(Math.max(0, call.sentAt - this.#startedAt - atMs));
  }

  #sendEndless(): void {
    const { endless, seed } = this.#options;
    if (endless === null || this.#state !== 'open') return;
    if (this.#full) this.#pauseEndless(null);
    else this.#send(endless.source.next(), 'flex', [seed, ENDLESS_SEED, this.#endlessSent++]);
  }

  get #full(): boolean {
    return this.#live.size >= this.#options.limits.inFlightMax;
  }

  /** `dueMs`: when the workload wants it; endless requests are due when they are sent. */
  #send(wish: Wish, tier: Tier, seeds: readonly [number, ...number[]], dueMs?: number): Call {
    const { server, model, exactLengths, limits } = this.#options;
    const { inputTokens, outputTokens } = wish;
    const body = chatBody({ model, prompt: promptOf(wish, ...seeds), tier, outputTokens, exactLengths });
    const call = new Call(this, performance.now(), limits.requestMsMax);
    const atMs = dueMs ?? call.sentAt - this.#startedAt;
    this.#live.set(call, { tier, endless: dueMs === undefined, atMs, inputTokens, pieceAt: 0 });
    this.sent += 1;
    this.inFlightPeak = Math.max(this.inFlightPeak, this.#live.size);
    this.#wait(tier, 1);
    server.send(body, call);
    return call;
  }

  onPieces(call: Call, pieces: number, at: number): void {
    const sent = this.#live.get(call)!;
    const first = call.answer.pieces === pieces;
    if (first) this.#wait(sent.tier, -1);
    else if (sent.atMs >= this.#options.warmUpMs) this.#factsOf(sent.tier).gaps.add(at - sent.pieceAt);
    sent.pieceAt = at;
    // The first piece shows that the prompt has been read.
    this.collector.computed(sent.tier, at - this.#startedAt, pieces + (first ? sent.inputTokens : 0));
  }

  onEnd(call: Call, end: CallEnd, at: number): void {
    const sent = this.#live.get(call)!;
    this.#live.delete(call);
    if (call.answer.firstTokenAt === null) this.#wait(sent.tier, -1);
    this.counts[end.outcome] += 1;
    if (end.outcome !== 'cut') this.#account(call, sent, end, at);
    if (sent.endless) this.#renew(end);
    if (this.#state === 'draining' && this.#live.size === 0) this.#close();
  }

  #account(call: Call, sent: Sent, end: Exclude<CallEnd, { outcome: 'cut' }>, at: number): void {
    const { answer } = call;
    const { tier, atMs } = sent;
    const outputTokens = answer.outputTokens ?? answer.pieces;
    const inputTokens = answer.inputTokens ?? sent.inputTokens;
    const { firstTokenAt, lastTokenAt } = answer;
    this.collector.request({
      tier,
      atMs,
      outcome: end.outcome,
      ttftMs: firstTokenAt === null ? null : firstTokenAt - call.sentAt,
      tpotMs: firstTokenAt === null || outputTokens < 2 ? null : (lastTokenAt - firstTokenAt) / (outputTokens - 1),
      inputTokens,
      outputTokens,
    });
    const facts = this.#factsOf(tier);
    if (end.outcome === 'completed') {
      facts.served.add(servedTier(answer.servedWord));
      // Until here tokens were counted as they were asked for and as they came; the server knows.
      const more = outputTokens - answer.pieces + inputTokens - sent.inputTokens;
      this.collector.computed(tier, at - this.#startedAt, more);
    } else {
      facts[end.outcome === 'refused' ? 'refusals' : 'failures'].add(end.why);
      if (tier === 'flex') this.lostFlexTokens += answer.pieces;
    }
  }

  /** An endless source takes up its next request. */
  #renew(end: CallEnd): void {
    if (end.outcome === 'completed') this.#sendEndless();
    else if (end.outcome !== 'cut' && this.#state === 'open') this.#pauseEndless(end.retryAfterMs);
  }

  #pauseEndless(hintMs: number | null): void {
    const { usual, min, max } = REFUSED_PAUSE_MS;
    const pause = setTimeout(
      () => {
        this.#pauses.delete(pause);
        this.#sendEndless();
      },
      Math.min(max, Math.max(min, hintMs ?? usual)),
    );
    this.#pauses.add(pause);
  }

  #drain(): void {
    if (this.#state !== 'open') return;
    this.ranMs = this.elapsedMs;
    this.#state = 'draining';
    for (const pause of this.#pauses) clearTimeout(pause);
    for (const [call, { endless }] of this.#live) if (endless) call.cut();
    if (this.#live.size === 0) this.#close();
  }

  #cutAll(): void {
    for (const call of this.#live.keys()) call.cut();
  }

  #close(): void {
    this.#state = 'closed';
    this.#closed.resolve(undefined);
  }

  #wait(tier: Tier, change: 1 | -1): void {
    const waiting = (this.#waiting.get(tier) ?? 0) + change;
    this.#waiting.set(tier, waiting);
    this.collector.queueDepth(tier, this.#now(), waiting);
  }

  #factsOf(tier: Tier): TierFacts {
    const known = this.facts.get(tier);
    if (known !== undefined) return known;
    const facts = new TierFacts();
    this.facts.set(tier, facts);
    return facts;
  }

  #now(): number {
    return performance.now() - this.#startedAt;
  }
}

function servedTier(word: string | null): string {
  if (word === null) return 'unsaid';
  const tier = resolveTierWord(DIALECTS.openai, word);
  return typeof tier === 'string' ? tier : word;
}
