import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isEvictable, type Continuation, type TicketSpec } from '@offpeak/core';
import {
  KeptAnswer,
  readAnswer,
  StreamRelay,
  type PostOperation,
  type Problem,
  type ReadRequest,
  type Usage,
} from '@offpeak/dialects';
import type { Failure, Move, Refusal, Start, TicketOwner } from '../desk.ts';
import type { Outcome } from '../ledger/row.ts';
import type { Plan } from '../plans.ts';
import { NO_BILL, usdText, type Bill } from '../prices.ts';
import type { EngineUpstream } from '../upstreams/engine-upstream.ts';
import type { Route } from '../upstreams/fleet.ts';
import type { EngineRun, RunEnd, RunLimits } from '../runs/engine-run.ts';
import { KeptRun, type KeptOwner } from '../runs/kept-run.ts';
import { RelayRun, type RelayOwner } from '../runs/relay-run.ts';
import { UnaryRun, type UnaryOwner } from '../runs/unary-run.ts';
import { RunWork } from '../upstreams/run-work.ts';
import { Answer } from './answer.ts';
import { clientTraits, type ClientTraits } from './client-traits.ts';
import { engineBody } from './engine-body.ts';
import type { LongTimer } from './long-timers.ts';
import { NO_USAGE, type Receipt } from './receipt.ts';
import { problemOfEnd, problemOfRefusal } from './refusals.ts';
import type { Services } from './services.ts';
import { silenceOf } from './silence.ts';
import type { Terms } from './terms.ts';

/** What is reserved of limits and KV for an answer whose length the client left open. */
export const OUTPUT_TOKENS_ASSUMED = 1_024;

/** Larger than any model's context, for engines that do not tell theirs. */
const CONTEXT_TOKENS_MAX = 4_194_304;
/** More answers to one request than any engine gives. */
const CHOICES_MAX = 128;

/** In the ledger, for a client that left before it was sent a status. */
const STATUS_CLIENT_GONE = 499;

/**
 * One admitted request, from its ticket to its ledger row.
 * - `queued`: its ticket waits in the scheduler: at first, and again after an eviction or a lost run.
 * - `running`: an engine works on it.
 * - `over`: the answer is whole, or it was refused, failed or cancelled. The row is written on entry; nothing happens after.
 */
type Phase = 'queued' | 'running' | 'over';

export class Exchange implements TicketOwner, UnaryOwner, RelayOwner, KeptOwner {
  outputTokens = 0;

  readonly #services: Services;
  readonly #receipt: Receipt;
  readonly #answer: Answer;
  readonly #body: Buffer;
  readonly #request: ReadRequest;
  readonly #continuation: Continuation;
  readonly #plan: Plan;
  readonly #terms: Terms;
  readonly #route: Route;
  readonly #traits: ClientTraits;

  #phase: Phase = 'queued';
  #run: EngineRun | null = null;
  #engine: EngineUpstream | null = null;
  #relay: StreamRelay | null = null;
  /** What an evictable run has come to, over all its runs. */
  #kept: KeptAnswer | null = null;
  #lastEnd: RunEnd | null = null;
  /** It counts in the next progress report already. */
  #reported = false;
  #firstOfRun = true;
  /** Of the run of now: each token is told to the scheduler; and its client was seen to be slower than the engine. */
  #watched = false;
  #slowed = false;
  #work: RunWork | null = null;
  #lowered = false;
  #commit: LongTimer | null = null;

  constructor(
    services: Services,
    receipt: Receipt,
    req: IncomingMessage,
    res: ServerResponse,
    body: Buffer,
    request: ReadRequest,
    plan: Plan,
    terms: Terms,
    route: Route,
  ) {
    this.#services = services;
    this.#receipt = receipt;
    this.#body = body;
    this.#request = request;
    this.#plan = plan;
    this.#terms = terms;
    this.#route = route;
    const { continuation } = request.facts;
    this.#continuation = continuation === 'continue' && !route.continues ? 'restart' : continuation;
    this.#traits = clientTraits(req.headers, receipt.stream);
    this.#answer = new Answer(
      res,
      receipt.target.mount.dialect,
      receipt.stream,
      services.config.server.heartbeatMs,
      services.config.server.slowReaderMsMax,
    );
  }

  get ticketId(): string {
    return this.#receipt.id;
  }

  /** Enters the scheduler. It may be answered, refused or running when this returns. */
  submit(): void {
    const at = this.#services.desk.now();
    const receipt = this.#receipt;
    receipt.requestedTier = this.#plan.requested;
    receipt.servedTier = this.#plan.ladder[0]!.tier;
    this.#services.desk.submit(this.#ticket(at), this, at);
    // The phase may have moved on inside submit.
    if ((this.#phase as Phase) === 'over' || this.#answer.state !== 'open') return;
    const { commitAfterMs, totalMs } = this.#traits;
    // A commit does not keep a client that leaves then anyway; without one, its refusal still has a status.
    if (commitAfterMs >= totalMs) return;
    this.#commit = this.#services.timers.after(receipt.arrivedAt + commitAfterMs - at, () => {
      this.#answer.keepAlive(this.#headers(false));
    });
  }

  /** The server stops: what still waits or runs is told so. */
  stop(): void {
    this.#run?.abort();
    this.#services.desk.cancel(this.ticketId, this.outputTokens);
    const outcome = this.#phase === 'queued' ? 'refused' : 'failed';
    this.#fail(outcome, { kind: 'draining', retryAfterMs: this.#services.config.server.drainMsMax });
  }

  get waitsEvictable(): boolean {
    return this.#phase === 'queued' && isEvictable(this.#receipt.servedTier);
  }

  // Decisions of the scheduler.

  start(decision: Start): void {
    const engine = this.#services.fleet.engine(decision.engine);
    const model = this.#route.modelOn.get(decision.engine);
    this.#phase = 'running';
    const receipt = this.#receipt;
    receipt.waitMs += decision.waitMs;
    receipt.servedTier = decision.tier;
    receipt.why = decision.why;
    receipt.upstream = decision.engine;
    receipt.upstreamModel = model;
    if (engine === undefined || model === undefined) {
      this.runEnded({ kind: 'lost', detail: 'it was taken out of the configuration' });
      return;
    }
    this.#engine = engine;
    this.#bindSession(decision);
    this.#run = this.#send(engine, model);
  }

  evict(): void {
    // The answer is whole but for its end marker: there is nothing left to give way for.
    if (this.#kept?.whole === true) {
      this.#run?.abort();
      this.keptCompleted();
      return;
    }
    this.#receipt.evictions += 1;
    this.#run?.abort();
    this.#yield('evicted');
  }

  watch(): void {
    this.#watched = true;
  }

  get watched(): boolean {
    return this.#watched;
  }

  moved(decision: Move): void {
    this.#receipt.servedTier = decision.to;
    this.#receipt.why = decision.why;
  }

  refused(decision: Refusal): void {
    this.#receipt.servedTier = decision.tier;
    this.#receipt.waitMs += decision.waitedMs;
    this.#fail('refused', problemOfRefusal(decision, this.#receipt, this.#request.facts));
  }

  failed(_decision: Failure): void {
    this.#fail('failed', problemOfEnd(this.#lastEnd, this.#receipt));
  }

  // What the run tells.

  answered(body: Buffer): void {
    const answer = readAnswer(body, this.#operation, this.servedWord());
    if (answer === null) {
      this.runEnded({ kind: 'unusable', detail: 'its answer is not a JSON object' });
      return;
    }
    this.#completeUnary(answer.usage ?? NO_USAGE, answer.pieces);
  }

  streamBegins(): void {
    if (this.#answer.state === 'flowing') return;
    this.#stopCommit();
    this.#answer.startStream(this.#headers(true));
    this.#services.desk.send({ kind: 'committed', at: this.#services.desk.now(), id: this.ticketId });
  }

  streamed(tokens: number, at: number): void {
    if (tokens === this.outputTokens) return;
    if (this.#firstOfRun) {
      this.#firstOfRun = false;
      this.#receipt.ttftMs ??= at - this.#receipt.arrivedAt;
      this.#work?.prompted(at);
      this.#services.desk.send({ kind: 'first-token', at, id: this.ticketId });
    }
    this.outputTokens = tokens;
    // What came is more than text (a tool call, reasoning): from here on it cannot be continued.
    if (this.#kept !== null && !this.#lowered && this.#continuation === 'continue' && !this.#kept.continuable) {
      this.#lowered = true;
      this.#lowerContinuation('restart');
    }
    if (this.#watched) {
      this.#work?.reached(tokens, at);
      this.#services.desk.send({ kind: 'progress', at, id: this.ticketId, outputTokens: tokens });
      return;
    }
    if (this.#reported) return;
    this.#reported = true;
    this.#services.desk.progressed(this);
  }

  progressReported(at: number): void {
    this.#reported = false;
    this.#work?.reached(this.outputTokens, at);
  }

  heldUp(at: number): void {
    if (this.#slowed) return;
    this.#slowed = true;
    this.#watched = false;
    const { ticketId: id, outputTokens } = this;
    this.#services.desk.send({ kind: 'progress', at, id, outputTokens, heldUp: true });
  }

  streamCompleted(): void {
    const relay = this.#relay!;
    if (!relay.marked) this.#answer.streamText('data: [DONE]\n\n');
    this.#completeStream(relay.usage ?? this.#estimatedUsage());
  }

  keptCompleted(): void {
    const kept = this.#kept!;
    const usage = kept.usage ?? this.#estimatedUsage();
    if (this.#receipt.stream) {
      this.#answer.streamText('data: [DONE]\n\n');
      this.#completeStream(usage);
    } else this.#completeUnary(usage, [Buffer.from(JSON.stringify(kept.unary(this.servedWord(), usage)))]);
  }

  #lowerContinuation(continuation: Continuation): void {
    const { desk } = this.#services;
    desk.send({ kind: 'progress', at: desk.now(), id: this.ticketId, outputTokens: this.outputTokens, continuation });
  }

  readerTooSlow(): void {
    this.#answer.abandon();
    this.clientGone();
  }

  runEnded(end: RunEnd): void {
    this.#run = null;
    this.#lastEnd = end;
    if (this.#phase !== 'running') return;
    switch (end.kind) {
      case 'bounced':
        this.#yield('bounced');
        break;
      case 'lost':
        this.#services.upstreamFailed(this.#receipt.upstream ?? '', 'lost');
        this.#engine?.requestFailed(end.detail);
        this.#yield('lost');
        break;
      case 'rejected':
      case 'unusable':
        this.#services.desk.finish(this.ticketId, 'failed', 0, 0);
        this.#fail('failed', problemOfEnd(end, this.#receipt));
        break;
    }
  }

  #ticket(at: number): TicketSpec {
    const { facts } = this.#request;
    const receipt = this.#receipt;
    const { ladder } = this.#plan;
    const context = this.#route.contextTokens ?? Number.POSITIVE_INFINITY;
    const room = Math.max(0, context - facts.inputTokens);
    const engines = this.#enginesOfSession(at);
    return {
      id: receipt.id,
      project: receipt.identity.project,
      model: receipt.model,
      ladder,
      inputTokens: facts.inputTokens,
      outputTokensMax: Math.min(facts.maxTokens ?? OUTPUT_TOKENS_ASSUMED, room),
      leavesAt: receipt.arrivedAt + this.#traits.totalMs,
      deadlineAt: at + (this.#terms.deadlineMs ?? ladder[0]!.patienceMs),
      continuation: this.#continuation,
      silent: silenceOf(this.#operation, this.#request, this.#body),
      bytes: this.#body.length,
      ...(engines === undefined ? {} : { engines, enginesForCache: true }),
    };
  }

  #enginesOfSession(at: number): readonly string[] | undefined {
    const { session } = this.#terms;
    if (session === undefined) return undefined;
    const binding = this.#services.sessions.get(this.#receipt.identity.project, session, at);
    if (binding === undefined || !this.#route.modelOn.has(binding.engine)) return undefined;
    // An engine that is down releases its sessions: the chain goes on elsewhere, with a cold cache.
    return this.#services.fleet.engine(binding.engine)?.up === true ? [binding.engine] : undefined;
  }

  #bindSession(decision: Start): void {
    const { session } = this.#terms;
    if (session === undefined) return;
    this.#services.sessions.bind(this.#receipt.identity.project, session, {
      requested: this.#receipt.requestedTier,
      tier: decision.tier,
      engine: decision.engine,
      usedAt: this.#services.desk.now(),
    });
  }

  #send(engine: EngineUpstream, model: string): EngineRun | null {
    const receipt = this.#receipt;
    const { config } = this.#services;
    const operation = this.#operation;
    const limits: RunLimits = {
      timers: this.#services.timers,
      firstByteMs: config.server.upstreamFirstByteMsMax,
      silenceMs: config.server.upstreamSilenceMsMax,
      streamTokensMax: this.#streamTokensMax(),
    };
    this.#firstOfRun = true;
    this.#watched = false;
    this.#slowed = false;
    let run: EngineRun;
    const evictable = isEvictable(receipt.servedTier);
    const keeps = evictable && operation !== 'embeddings';
    if (keeps) {
      this.#kept ??= new KeptAnswer(operation, this.#request.facts.includeUsage, this.#continuation);
      receipt.wastedTokens += this.#kept.beginRun();
      this.outputTokens = this.#kept.tokens;
      run = new KeptRun(this, this.#kept, this.#answer, receipt.stream, limits, config.server.slowReaderMsMax);
    } else {
      // Nothing of it is kept, so it can only start again, and only while the client has seen nothing.
      if (this.#continuation === 'continue') this.#lowerContinuation('restart');
      if (receipt.stream) {
        this.#relay = new StreamRelay(this.servedWord(), this.#request.facts.includeUsage);
        run = new RelayRun(this, this.#relay, this.#answer, limits, config.server.slowReaderMsMax);
      } else run = new UnaryRun(this, limits, config.server.unaryAnswerBytesMax);
    }
    this.#work = new RunWork(engine.work, evictable, this.#request.facts.inputTokens, this.outputTokens);
    const body = engineBody(this.#body, this.#request, {
      model,
      tier: receipt.servedTier,
      engine,
      operation,
      stream: keeps || receipt.stream,
      kept: keeps ? this.#kept : null,
    });
    if (body === null) {
      this.runEnded({ kind: 'unusable', detail: 'it cannot continue an answer that another engine began' });
      return null;
    }
    engine.send(receipt.target.enginePath, body, run);
    return run;
  }

  /** Each choice can fill the model's context, and no more. */
  #streamTokensMax(): number {
    const contextTokens = this.#route.contextTokens ?? CONTEXT_TOKENS_MAX;
    return this.#request.scan.members.n === undefined ? contextTokens : contextTokens * CHOICES_MAX;
  }

  /** Gives the slot up with what it has, to be queued again or failed as the scheduler decides. */
  #yield(cause: 'evicted' | 'lost' | 'bounced'): void {
    this.#run = null;
    this.#phase = 'queued';
    this.#watched = false;
    this.#endWork();
    const { desk } = this.#services;
    desk.send({ kind: 'stopped', at: desk.now(), id: this.ticketId, cause, outputTokens: this.outputTokens });
  }

  #completeStream(usage: Usage): void {
    this.#answer.endStream();
    this.#engine?.requestSucceeded();
    this.#complete(usage, this.#services.bill(this.#receipt, usage));
  }

  #completeUnary(usage: Usage, pieces: readonly Buffer[]): void {
    this.#stopCommit();
    this.#engine?.requestSucceeded();
    const headers = this.#headers(true);
    const bill = this.#services.bill(this.#receipt, usage);
    headers['offpeak-cost-usd'] = usdText(bill.costNanoUsd);
    this.#answer.json(200, headers, pieces);
    this.#complete(usage, bill);
  }

  #complete(usage: Usage, bill: Bill): void {
    this.outputTokens = usage.output;
    this.#work?.prompted(this.#services.desk.now());
    this.#services.desk.finish(this.ticketId, 'completed', usage.input, usage.output);
    this.#over('completed', usage, bill);
    this.#services.bodies.give(this.#body);
  }

  #fail(outcome: 'refused' | 'failed', problem: Problem): void {
    if (this.#phase === 'over') return;
    this.#answer.problem(problem, this.#headers(true));
    this.#over(outcome, outcome === 'refused' ? NO_USAGE : this.#estimatedUsage(), NO_BILL);
  }

  /** The connection closed: harmless when the answer is out, the end of the request when it is not. */
  clientGone(): void {
    if (this.#phase === 'over') return;
    this.#run?.abort();
    this.#services.desk.cancel(this.ticketId, this.outputTokens);
    this.#answer.abandon();
    // What the client was sent before it left was served, and is owed. Of a unary answer it was sent nothing.
    const usage = this.#receipt.stream ? this.#estimatedUsage() : NO_USAGE;
    this.#over('cancelled', usage, this.#services.bill(this.#receipt, usage));
  }

  #over(outcome: Outcome, usage: Usage, bill: Bill): void {
    this.#phase = 'over';
    this.#run = null;
    this.#endWork();
    this.#stopCommit();
    this.#services.book(this.#receipt, outcome, this.#answer.status || STATUS_CLIENT_GONE, usage, bill);
  }

  #endWork(): void {
    this.#work?.reached(this.outputTokens, this.#services.desk.now());
    this.#work = null;
  }

  /** For answers that were cut short: what was counted on the way. Without any output nothing is owed. */
  #estimatedUsage(): Usage {
    if (this.outputTokens === 0) return NO_USAGE;
    return { input: this.#request.facts.inputTokens, cachedInput: 0, output: this.outputTokens, reasoning: 0 };
  }

  get #operation(): PostOperation {
    return this.#receipt.target.operation as PostOperation;
  }

  servedWord(): string {
    return this.#receipt.target.mount.dialect.servedWord(this.#receipt.servedTier);
  }

  #headers(settled: boolean): OutgoingHttpHeaders {
    return this.#services.answerHeaders(this.#receipt, settled);
  }

  #stopCommit(): void {
    if (this.#commit === null) return;
    this.#commit.cancel();
    this.#commit = null;
  }
}
