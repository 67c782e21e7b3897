import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { isEvictable, type Continuation, type TicketSpec } from '@offpeak/core';
import {
  Garbled,
  KeptAnswer,
  type AnswerIdentity,
  type Problem,
  type Usage,
  type WireHeaders,
} from '@offpeak/dialects';
import type { Failure, Move, Refusal, Start, TicketOwner } from '../desk.ts';
import type { Outcome } from '../ledger/row.ts';
import type { Plan } from '../plans.ts';
import { NO_BILL, usdText, type Bill } from '../prices.ts';
import type { KeptOwner } from '../runs/kept-run.ts';
import type { RelayOwner } from '../runs/relay-run.ts';
import type { Relay, TranslatedRelay } from '../runs/relay.ts';
import { garbledEnd, type RunEnd } from '../runs/run-end.ts';
import type { UnaryOwner } from '../runs/unary-run.ts';
import { RunWork } from '../upstreams/run-work.ts';
import type { Arrival } from './admit.ts';
import { Answer } from './answer.ts';
import { choicesToFinish, type Asked } from './asked.ts';
import { clientTraits, type ClientTraits } from './client-traits.ts';
import { EngineLeg, groqId, isKept, translation } from './legs/engine-leg.ts';
import { LaneLeg } from './legs/lane-leg.ts';
import type { Journey, Leg, WholeAnswer } from './legs/leg.ts';
import type { LongTimer } from './long-timers.ts';
import type { Passages } from './passages.ts';
import { NO_USAGE, UNCOUNTED, usageSoFar, type Receipt } from './receipt.ts';
import { problemOfBounce, problemOfEnd, problemOfRefusal } from './refusals.ts';
import type { Services } from './services.ts';
import type { Keeper } from './stored/keeper.ts';
import type { Terms } from './terms.ts';
import { ticketOf } from './ticket.ts';
import { continuationOf, hasOneLane, isWorthWaiting, renewLanes, streamTokensMax, type Way } from './ways.ts';

const NOTHING = Buffer.alloc(0);

/** In the ledger, for a client that left before it was sent a status. */
const STATUS_CLIENT_GONE = 499;

/**
 * One admitted request, from its ticket to its ledger row.
 * - `queued`: its ticket waits in the scheduler: at first, and again after an eviction or a lost run.
 * - `running`: an engine works on it.
 * - `over`: the answer is whole, or it was refused, failed or cancelled. The row is written on entry; nothing happens after.
 */
type Phase = 'queued' | 'running' | 'over';

export class Exchange implements TicketOwner, UnaryOwner, RelayOwner, KeptOwner, Journey {
  outputTokens = 0;

  readonly services: Services;
  readonly receipt: Receipt;
  readonly asked: Asked;
  readonly passages: Passages;
  readonly answer: Answer;
  readonly headers: IncomingMessage['headers'];
  readonly #body: Buffer;
  readonly #continuation: Continuation;
  readonly #plan: Plan;
  readonly #terms: Terms;
  readonly #way: Way;
  /** The client asked that its answer be kept. */
  readonly #keeper: Keeper | null;
  readonly #traits: ClientTraits;

  #phase: Phase = 'queued';
  #leg: Leg | null = null;
  #relay: Relay | null = null;
  /** What an evictable run on engines has come to, over all its runs; and what tells it to a client of another wire. */
  #kept: KeptAnswer | null = null;
  #keptTranslation: TranslatedRelay | null = null;
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
    { req, res, receipt, body }: Omit<Arrival, 'signed'>,
    asked: Asked,
    passages: Passages,
    plan: Plan,
    terms: Terms,
    way: Way,
    keeper: Keeper | null,
  ) {
    this.#keeper = keeper;
    this.services = services;
    this.receipt = receipt;
    this.headers = req.headers;
    this.#body = body;
    this.asked = asked;
    this.passages = passages;
    this.#plan = plan;
    this.#terms = terms;
    this.#way = way;
    this.#continuation = continuationOf(asked, passages, way);
    this.#traits = clientTraits(req.headers, receipt.stream);
    this.answer = new Answer(
      res,
      receipt.target.mount.dialect,
      receipt.stream,
      services.config.server.heartbeatMs,
      services.config.server.slowReaderMsMax,
    );
  }

  get owner(): this {
    return this;
  }

  /** Towards the client, whichever upstreams answer. */
  get identity(): AnswerIdentity {
    const { id, model, wallAt, arrivedAt } = this.receipt;
    return {
      id: id.replace(/^req_/, ''),
      model,
      created: Math.floor(wallAt / 1_000),
      tierWord: () => this.servedWord(),
      elapsedMs: () => Math.round(this.services.desk.now() - arrivedAt),
    };
  }

  get ticketId(): string {
    return this.receipt.id;
  }

  /** Enters the scheduler. It may be answered, refused or running when this returns. */
  submit(): void {
    const at = this.services.desk.now();
    const receipt = this.receipt;
    receipt.requestedTier = this.#plan.requested;
    receipt.servedTier = this.#plan.ladder[0]!.tier;
    this.services.desk.submit(this.#ticket(at), this, at);
    // The phase may have moved on inside submit.
    if ((this.#phase as Phase) === 'over' || this.answer.state !== 'open') return;
    const { commitAfterMs, totalMs } = this.#traits;
    // A commit does not keep a client that leaves then anyway; without one, its refusal still has a status.
    if (commitAfterMs >= totalMs) return;
    this.#commit = this.services.timers.after(receipt.arrivedAt + commitAfterMs - at, () => {
      this.answer.keepAlive(this.#headers(false));
    });
  }

  /** The server stops: what still waits or runs is told so. */
  stop(): void {
    const outcome = this.#phase === 'queued' ? 'refused' : 'failed';
    this.#giveUp(outcome, { kind: 'draining', retryAfterMs: this.services.config.server.drainMsMax });
  }

  broke(error: unknown): void {
    this.services.reportFault(error, this.ticketId);
    if (this.#phase === 'over') return;
    try {
      this.#giveUp('failed', { kind: 'internal' });
    } catch (again) {
      this.services.reportFault(again, this.ticketId);
      this.answer.abandon();
      if ((this.#phase as Phase) !== 'over') this.#over('failed', NO_USAGE, NO_BILL);
    }
  }

  reconfigured(): void {
    if (this.#phase === 'over' || this.#way.lanes.size === 0) return;
    renewLanes(this.services, this.receipt, this.asked, this.passages, this.#way.lanes);
  }

  get waitsEvictable(): boolean {
    return this.#phase === 'queued' && isEvictable(this.receipt.servedTier);
  }

  // Decisions of the scheduler.

  start(decision: Start): void {
    this.#phase = 'running';
    const { receipt } = this;
    receipt.waitMs += decision.waitMs;
    receipt.servedTier = decision.tier;
    // Only of what was told by an upstream that gave it up is anything left to doubt.
    receipt.tierVerified = true;
    receipt.why = decision.why;
    this.#firstOfRun = true;
    this.#watched = false;
    this.#slowed = false;
    if (this.services.fleet.lanes.get(decision.engine) !== undefined && !this.#way.lanes.has(decision.engine)) {
      this.runEnded({ kind: 'unusable', detail: 'the configuration changed while the request waited; send it again' });
      return;
    }
    this.#bindSession(decision);
    let leg: Leg | null;
    try {
      leg = this.#depart(decision.engine);
    } catch (error) {
      // It was looked at when the request came; the scheduler is not to suffer from what changed since.
      this.services.reportFault(error, receipt.id);
      this.runEnded({ kind: 'unusable', detail: 'the request could not be written for it' });
      return;
    }
    if (leg === null) {
      this.runEnded({ kind: 'lost', detail: 'it was taken out of the configuration' });
      return;
    }
    this.#leg = leg;
    if (leg.run === null) {
      this.runEnded({ kind: 'unusable', detail: 'it cannot continue an answer that another engine began' });
    }
  }

  evict(): void {
    // The answer is whole but for its end marker: there is nothing left to give way for.
    if (this.#kept?.whole === true) {
      this.#leg?.run?.abort();
      this.keptCompleted();
      return;
    }
    this.receipt.evictions += 1;
    this.#leg?.run?.abort();
    this.#yield('evicted');
  }

  watch(): void {
    this.#watched = true;
  }

  get watched(): boolean {
    return this.#watched;
  }

  moved(decision: Move): void {
    this.receipt.servedTier = decision.to;
    this.receipt.why = decision.why;
  }

  refused(decision: Refusal): void {
    const { receipt } = this;
    receipt.servedTier = decision.tier;
    receipt.waitMs += decision.waitedMs;
    const hopeless = problemOfBounce(this.#lastEnd, receipt.upstream ?? '');
    this.#fail('refused', hopeless ?? problemOfRefusal(decision, receipt, this.asked.facts));
  }

  failed(_decision: Failure): void {
    this.#fail('failed', problemOfEnd(this.#lastEnd, this.receipt));
  }

  // What the run tells.

  answered(body: Buffer, headers: WireHeaders): void {
    let whole: WholeAnswer | null;
    try {
      whole = this.#leg!.whole(body, headers);
    } catch (error) {
      // Anything else is a mistake of ours, and is to be found.
      if (!(error instanceof Garbled) && !(error instanceof SyntaxError)) {
        this.services.reportFault(error, this.receipt.id);
      }
      this.runEnded(garbledEnd('its answer is not one of its wire', error));
      return;
    }
    if (whole === null) {
      this.runEnded(garbledEnd('its answer is not a JSON object', null));
      return;
    }
    this.tierTold();
    this.#completeUnary(whole.usage ?? UNCOUNTED, whole.pieces);
  }

  relayFor(headers: WireHeaders): Relay {
    this.#relay = this.#leg!.relayFor(headers);
    return this.#relay;
  }

  /** A client that was sent anything of the answer cannot be sent another one after it. */
  endOf(error: unknown): RunEnd {
    const end = this.#leg!.endOf(error);
    return end.kind === 'bounced' && this.answer.state === 'flowing' ? { kind: 'lost', detail: end.detail } : end;
  }

  tierTold(): void {
    const told = this.#leg?.servedTier;
    if (told === undefined) return;
    this.receipt.tierVerified = told !== null;
    if (told === null || told === this.receipt.servedTier) return;
    this.receipt.servedTier = told;
    this.receipt.why = 'downgrade';
  }

  streamBegins(): void {
    if (this.answer.state === 'flowing') return;
    this.#stopCommit();
    this.tierTold();
    this.answer.startStream(this.#headers(true));
    this.services.desk.send({ kind: 'committed', at: this.services.desk.now(), id: this.ticketId });
  }

  streamed(tokens: number, at: number): void {
    if (tokens === this.outputTokens) return;
    if (this.#firstOfRun) {
      this.#firstOfRun = false;
      this.receipt.ttftMs ??= at - this.receipt.arrivedAt;
      this.#work?.prompted(at);
      this.services.desk.send({ kind: 'first-token', at, id: this.ticketId });
    }
    this.outputTokens = tokens;
    // What came is more than text (a tool call, reasoning): from here on it cannot be continued.
    if (this.#kept !== null && !this.#lowered && this.#continuation === 'continue' && !this.#kept.continuable) {
      this.#lowered = true;
      this.#lowerContinuation('restart');
    }
    if (this.#watched) {
      this.#work?.reached(tokens, at);
      this.services.desk.send({ kind: 'progress', at, id: this.ticketId, outputTokens: tokens });
      return;
    }
    if (this.#reported) return;
    this.#reported = true;
    this.services.desk.progressed(this);
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
    this.services.desk.send({ kind: 'progress', at, id, outputTokens, heldUp: true });
  }

  streamCompleted(): void {
    const relay = this.#relay!;
    // Some wires say all that there is in their last event.
    this.streamBegins();
    this.tierTold();
    const ending = relay.ending() ?? NOTHING;
    this.answer.streamText(ending);
    this.#keep(ending);
    this.#completeStream(relay.usage ?? this.#estimatedUsage());
  }

  inOwnWire(text: string): Buffer | string {
    if (this.passages.isOwnOfEngines) return text;
    this.#keptTranslation ??= translation(this);
    return this.#keptTranslation.translate(Buffer.from(text));
  }

  keptCompleted(): void {
    const kept = this.#kept!;
    const usage = kept.usage ?? this.#estimatedUsage();
    if (this.receipt.stream) {
      this.answer.streamText(this.inOwnWire(kept.ending()));
      if (this.#keptTranslation !== null) {
        const ending = this.#keptTranslation.ending();
        this.answer.streamText(ending);
        this.#keep(ending);
      }
      this.#completeStream(usage);
      return;
    }
    const whole = Buffer.from(JSON.stringify(kept.unary(this.servedWord(), usage)));
    const pieces = this.passages.isOwnOfEngines ? [whole] : this.#leg?.whole(whole, {})?.pieces;
    this.#completeUnary(usage, pieces ?? [whole]);
  }

  /** `last`: the whole answer, or the events that end its stream. */
  #keep(last: Buffer): void {
    if (this.#keeper === null) return;
    const there = this.#leg?.keptThere ?? null;
    if (there !== null) this.#keeper.keepReference(there, this.receipt.upstream ?? '');
    else this.#keeper.keepAnswer(last);
  }

  #lowerContinuation(continuation: Continuation): void {
    const { desk } = this.services;
    desk.send({ kind: 'progress', at: desk.now(), id: this.ticketId, outputTokens: this.outputTokens, continuation });
  }

  readerTooSlow(): void {
    this.answer.abandon();
    this.clientGone();
  }

  runEnded(end: RunEnd): void {
    this.#lastEnd = end;
    if (this.#phase !== 'running') return;
    switch (end.kind) {
      case 'bounced':
        this.services.upstreamFailed(this.receipt.upstream ?? '', 'bounced');
        this.#bounced(end);
        break;
      case 'lost':
        this.services.upstreamFailed(this.receipt.upstream ?? '', 'lost');
        this.#leg?.lost(end.detail);
        if (end.timeoutMs === undefined || !hasOneLane(this.services, this.#way, this.receipt.servedTier)) {
          this.#yield('lost');
          break;
        }
        // It would use up its whole time again, at full cost.
        this.services.desk.finish(this.ticketId, 'failed', 0, 0);
        this.#fail('failed', problemOfEnd(end, this.receipt));
        break;
      case 'rejected':
      case 'unusable':
        this.services.desk.finish(this.ticketId, 'failed', 0, 0);
        this.#fail('failed', problemOfEnd(end, this.receipt));
        break;
    }
  }

  /** Where all that is left to wait for is an account that is no good, waiting helps nobody. */
  #bounced(end: RunEnd): void {
    const pauseMs = this.#leg?.bounced(end);
    const problem = problemOfBounce(end, this.receipt.upstream ?? '');
    if (problem === null || isWorthWaiting(this.services, this.#way)) {
      this.#yield('bounced', pauseMs);
      return;
    }
    this.services.desk.finish(this.ticketId, 'failed', 0, 0);
    this.#fail('refused', problem);
  }

  #ticket(at: number): TicketSpec {
    const { receipt, asked } = this;
    const [plan, terms, way, traits] = [this.#plan, this.#terms, this.#way, this.#traits];
    const [continuation, bytes] = [this.#continuation, this.#body.length];
    return ticketOf({ receipt, asked, plan, terms, way, traits, continuation, bytes }, at);
  }

  #bindSession(decision: Start): void {
    const { session } = this.#terms;
    if (session === undefined) return;
    this.services.sessions.bind(this.receipt.identity.project, session, {
      requested: this.receipt.requestedTier,
      tier: decision.tier,
      upstream: this.services.fleet.lanes.get(decision.engine)?.upstream.name ?? decision.engine,
      usedAt: this.services.desk.now(),
    });
  }

  /** Sends the request to the engine or the lane. Null: neither is there any more. */
  #depart(name: string): Leg | null {
    const { fleet } = this.services;
    const { receipt, asked } = this;
    const lane = fleet.lanes.get(name);
    if (lane !== undefined) {
      receipt.upstream = lane.upstream.name;
      receipt.upstreamModel = lane.model;
      receipt.provider = lane.upstream.settings.provider;
      this.#work = null;
      // Nothing of a provider's answer is kept, and what engines said of it before is of no use to it.
      receipt.wastedTokens += this.outputTokens;
      this.outputTokens = 0;
      this.#kept = null;
      if (this.#continuation === 'continue') this.#lowerContinuation('restart');
      const wire = lane.upstream.protocol.wireFor(receipt.target.mount.dialect.name, asked.operation);
      return wire === null ? null : new LaneLeg(this, lane, wire, streamTokensMax(this.#way, asked));
    }
    const engine = fleet.engine(name);
    const model = this.#way.modelOn.get(name);
    receipt.upstream = name;
    receipt.upstreamModel = model;
    receipt.provider = undefined;
    if (engine === undefined || model === undefined) return null;
    if (isKept(this)) {
      const includeUsage = asked.facts.includeUsage || !this.passages.isOwnOfEngines;
      this.#kept ??= new KeptAnswer(
        asked.operation === 'completions' ? 'completions' : 'chat',
        includeUsage,
        this.#continuation,
        choicesToFinish(asked),
        groqId(this),
      );
      receipt.wastedTokens += this.#kept.beginRun();
      this.outputTokens = this.#kept.tokens;
    } else if (this.#continuation === 'continue') {
      // Nothing of it is kept, so it can only start again, and only while the client has seen nothing.
      this.#lowerContinuation('restart');
    }
    const evictable = isEvictable(receipt.servedTier);
    this.#work = new RunWork(engine.work, evictable, asked.facts.inputTokens, this.outputTokens);
    return new EngineLeg(this, engine, model, isKept(this) ? this.#kept : null, streamTokensMax(this.#way, asked));
  }

  /** Gives the slot up with what it has, to be queued again or failed as the scheduler decides. */
  #yield(cause: 'evicted' | 'lost' | 'bounced', pauseMs?: number): void {
    this.#leg = null;
    this.#phase = 'queued';
    this.#watched = false;
    this.#endWork();
    const { desk } = this.services;
    const { ticketId: id, outputTokens } = this;
    const pause = pauseMs === undefined ? {} : { pauseMs };
    desk.send({ kind: 'stopped', at: desk.now(), id, cause, outputTokens, ...pause });
  }

  #completeStream(usage: Usage): void {
    this.answer.endStream();
    this.#leg?.succeeded();
    this.#complete(usage, this.services.bill(this.receipt, usage));
  }

  #completeUnary(usage: Usage, pieces: readonly Buffer[]): void {
    this.#stopCommit();
    this.#leg?.succeeded();
    if (this.#keeper !== null) this.#keep(Buffer.concat(pieces));
    const headers = this.#headers(true);
    const bill = this.services.bill(this.receipt, usage);
    if (bill.complete) headers['offpeak-cost-usd'] = usdText(bill.costNanoUsd);
    this.answer.json(200, headers, pieces);
    this.#complete(usage, bill);
  }

  #complete(usage: Usage, bill: Bill): void {
    this.outputTokens = usage.output;
    this.#work?.prompted(this.services.desk.now());
    this.services.desk.finish(this.ticketId, 'completed', usage.input, usage.output);
    this.#over('completed', usage, bill);
    this.services.bodies.give(this.#body);
  }

  #giveUp(outcome: 'refused' | 'failed', problem: Problem): void {
    this.#leg?.run?.abort();
    this.services.desk.cancel(this.ticketId, this.outputTokens);
    this.#fail(outcome, problem);
  }

  #fail(outcome: 'refused' | 'failed', problem: Problem): void {
    if (this.#phase === 'over') return;
    this.answer.problem(problem, this.#headers(true));
    if (outcome === 'refused') this.#over(outcome, NO_USAGE, NO_BILL);
    else this.#over(outcome, this.#estimatedUsage(), this.receipt.failedBill(this.outputTokens));
  }

  /** The connection closed: harmless when the answer is out, the end of the request when it is not. */
  clientGone(): void {
    if (this.#phase === 'over') return;
    this.#leg?.run?.abort();
    this.services.desk.cancel(this.ticketId, this.outputTokens);
    this.answer.abandon();
    // What the client was sent before it left was served, and is owed. Of a unary answer it was sent nothing.
    const usage = this.#estimatedUsage(this.receipt.stream ? this.outputTokens : 0);
    this.#over('cancelled', usage, this.services.bill(this.receipt, usage));
  }

  #over(outcome: Outcome, usage: Usage, bill: Bill): void {
    this.#phase = 'over';
    this.#leg = null;
    this.#endWork();
    this.#stopCommit();
    this.services.book(this.receipt, outcome, this.answer.status || STATUS_CLIENT_GONE, usage, bill);
  }

  #endWork(): void {
    this.#work?.reached(this.outputTokens, this.services.desk.now());
    this.#work = null;
  }

  #estimatedUsage(outputTokens: number = this.outputTokens): Usage {
    return usageSoFar(this.#phase === 'running', this.asked.facts.inputTokens, outputTokens);
  }

  servedWord(): string {
    return this.receipt.target.mount.dialect.servedWord(this.receipt.servedTier);
  }

  #headers(settled: boolean): OutgoingHttpHeaders {
    return this.services.answerHeaders(this.receipt, settled);
  }

  #stopCommit(): void {
    if (this.#commit === null) return;
    this.#commit.cancel();
    this.#commit = null;
  }
}
