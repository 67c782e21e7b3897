import { isEvictable, Scheduler, type Decision, type Gate, type SchedulerEvent, type Tier } from '@offpeak/core';
import type { RequestOutcome, RunCollector } from '../measure/run-collector.ts';
import type { LabRequest } from '../workload/workload.ts';
import { Agenda } from './agenda.ts';
import { Books } from './books.ts';
import type { EngineProcess, StepNews } from './engine-process.ts';
import type { HouseOptions, Mishap } from './house-options.ts';
import { blockNames } from './prompt-blocks.ts';
import { Predictions } from './predictions.ts';
import { tokensOf, type LabTicket } from './ticket.ts';

type Happening =
  | { readonly kind: 'reaches-engine'; readonly ticket: LabTicket; readonly run: number }
  | {
      readonly kind: 'abort-reaches-engine';
      readonly engine: EngineProcess;
      readonly runId: string;
      readonly life: number;
    }
  | { readonly kind: 'step-ends'; readonly news: StepNews }
  | { readonly kind: 'news'; readonly news: StepNews }
  | { readonly kind: 'tick' }
  | { readonly kind: 'every-second' }
  /** Where the measured span begins or ends. */
  | { readonly kind: 'edge' }
  | { readonly kind: 'scrape'; readonly engine: EngineProcess }
  | {
      readonly kind: 'stats';
      readonly engine: EngineProcess;
      readonly waiting: number;
      readonly running: number;
      readonly kvUsage: number;
    }
  | { readonly kind: 'mishap'; readonly mishap: Mishap; readonly over: boolean };

const OPEN_GATE: Gate = { enter: () => ({ ok: true }), settle: () => undefined, release: () => undefined };
const MODEL = 'lab';
const SECOND_MS = 1_000;
/** What a request that does not say is taken to need at most, as in the gateway. */
const OUTPUT_TOKENS_ASSUMED = 1_024;

/**
 * A gateway and its engines under a virtual clock. The scheduler is the production one, fed with what a gateway would see: what it
 * sent, what came back and when it arrived, and metrics as they were some time ago.
 */
export class House {
  readonly #options: HouseOptions;
  readonly #scheduler: Scheduler;
  readonly #agenda = new Agenda<Happening>();
  readonly #tickets = new Map<string, LabTicket>();
  /** How many of them are priority or standard. */
  #interactive = 0;
  readonly #collector: RunCollector;
  readonly books: Books;
  readonly predictions: Predictions = new Predictions();
  readonly #inbox: SchedulerEvent[] = [];
  #nowMs = 0;
  #numbers = 0;
  #wakeAtMs = Infinity;
  #busy = false;
  #refillSoon = false;
  readonly #unread = new Set<EngineProcess>();
  /** Engine steps, and events that the scheduler handled. */
  steps = 0;
  events = 0;

  constructor(options: HouseOptions) {
    this.#options = options;
    this.#scheduler = new Scheduler({ gate: OPEN_GATE, ...options.scheduler });
    this.#collector = options.collector;
    this.books = new Books(options.collector);
  }

  get scheduler(): Scheduler {
    return this.#scheduler;
  }

  /** Runs to the end of the duration, and on until every measured interactive request is answered or `drainMs` is over. */
  run(drainMs: number): void {
    const { workload, durationMs, engines, warmUpMs, mishaps, surroundings } = this.#options;
    this.books.measuring = false;
    for (const edgeMs of [warmUpMs, durationMs]) this.#plan(edgeMs, { kind: 'edge' });
    for (const engine of engines) {
      this.#tell({ kind: 'engine-up', at: 0, engine: engine.name, models: [MODEL], capacity: this.#options.spec });
      if (surroundings.scrapeEveryMs !== null) {
        this.#plan(surroundings.scrapeEveryMs * this.#options.random.unit(), { kind: 'scrape', engine });
      }
    }
    for (const mishap of mishaps) this.#plan(mishap.atMs, { kind: 'mishap', mishap, over: false });
    this.#plan(SECOND_MS, { kind: 'every-second' });
    this.#refill();
    const { requests } = workload;
    let next = 0;
    for (;;) {
      const arrivalMs = next < requests.length ? requests[next]!.atMs : Infinity;
      const dueMs = this.#agenda.nextAtMs;
      const atMs = Math.min(arrivalMs, dueMs);
      if (atMs > durationMs && this.#drained(next < requests.length ? arrivalMs : Infinity)) break;
      if (atMs > durationMs + drainMs) break;
      this.#nowMs = Math.max(this.#nowMs, atMs);
      if (arrivalMs <= dueMs) this.#arrive(requests[next++]!);
      else this.#handle(this.#agenda.take());
    }
    this.#giveUpRest();
  }

  #plan(atMs: number, happening: Happening): void {
    this.#agenda.plan(atMs, happening);
  }

  #handle(happening: Happening): void {
    switch (happening.kind) {
      case 'reaches-engine':
        this.#reachesEngine(happening.ticket, happening.run);
        return;
      case 'abort-reaches-engine':
        if (happening.engine.life === happening.life) happening.engine.loop.abort(happening.runId);
        return;
      case 'step-ends':
        this.#stepEnds(happening.news);
        return;
      case 'news':
        this.#hear(happening.news);
        return;
      case 'tick':
        if (this.#wakeAtMs > this.#nowMs) return;
        this.#wakeAtMs = Infinity;
        this.#tell({ kind: 'tick', at: this.#nowMs });
        return;
      case 'every-second':
        this.#everySecond();
        return;
      case 'edge':
        this.#edge();
        return;
      case 'scrape':
        this.#scrape(happening.engine);
        return;
      case 'stats': {
        const { engine, waiting, running, kvUsage } = happening;
        this.#tell({ kind: 'engine-stats', at: this.#nowMs, engine: engine.name, waiting, running, kvUsage });
        return;
      }
      case 'mishap':
        this.#mishap(happening.mishap, happening.over);
    }
  }

  #arrive(request: LabRequest): void {
    this.#submit(request, request.tier ?? 'standard');
  }

  #submit(request: LabRequest, tier: Tier): void {
    const number = this.#numbers++;
    const ticket: LabTicket = {
      id: String(number),
      number,
      request,
      tier,
      arrivedMs: this.#nowMs,
      run: null,
      engine: null,
      runs: 0,
      firstStep: -1,
      kept: 0,
      firstTokenMs: null,
      watched: false,
      booked: 0,
      promptBooked: false,
      dropped: 0,
      over: false,
    };
    this.#tickets.set(ticket.id, ticket);
    if (!isEvictable(tier)) this.#interactive += 1;
    const patienceMs = this.#options.patienceMs(tier);
    this.#tell({
      kind: 'submit',
      at: this.#nowMs,
      ticket: {
        id: ticket.id,
        project: request.project ?? 'default',
        model: MODEL,
        ladder: [{ tier, patienceMs, why: 'asked' }],
        inputTokens: request.inputTokens,
        outputTokensMax: request.outputTokensMax ?? OUTPUT_TOKENS_ASSUMED,
        deadlineAt: request.deadlineMs ?? this.#nowMs + patienceMs,
        continuation: 'continue',
        bytes: 4 * request.inputTokens,
      },
    });
  }

  /** Endless flex: as many wait as before. */
  #refill(): void {
    const { endlessFlex, flexWaiting, engines } = this.#options;
    if (endlessFlex === null) return;
    while (this.#scheduler.depth(MODEL, 'flex') < flexWaiting * engines.length) {
      this.#submit({ atMs: this.#nowMs, ...endlessFlex.next() }, 'flex');
    }
  }

  #tell(event: SchedulerEvent): void {
    this.#inbox.push(event);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      this.events += 1;
      const decisions = this.#scheduler.handle(next);
      this.#options.onEvent?.(next, decisions);
      for (const decision of decisions) this.#carryOut(decision);
    }
    this.#busy = false;
    const wakeAt = this.#scheduler.wakeAt();
    if (wakeAt !== null && wakeAt < this.#wakeAtMs) {
      this.#wakeAtMs = wakeAt;
      this.#plan(Math.max(wakeAt, this.#nowMs), { kind: 'tick' });
    }
  }

  #carryOut(decision: Decision): void {
    const ticket = this.#tickets.get(decision.id);
    if (ticket === undefined) return;
    switch (decision.kind) {
      case 'start':
        this.#start(ticket, decision.engine);
        if (ticket.tier === 'flex') this.#refillSoon = true;
        return;
      case 'evict':
        this.#evict(ticket);
        return;
      case 'watch': {
        const engine = ticket.engine;
        if (engine !== null) {
          if (engine.watched !== null) engine.watched.watched = false;
          engine.watched = ticket;
          ticket.watched = true;
        }
        return;
      }
      case 'refuse':
        this.#end(ticket, 'refused');
        return;
      case 'fail':
        this.#end(ticket, 'failed');
        return;
      case 'move':
    }
  }

  #start(ticket: LabTicket, name: string): void {
    const engine = this.#options.engines.find((candidate) => candidate.name === name)!;
    ticket.engine = engine;
    ticket.run = null;
    ticket.runs += 1;
    ticket.firstStep = -1;
    this.#plan(this.#nowMs + this.#travelMs(), { kind: 'reaches-engine', ticket, run: ticket.runs });
  }

  #reachesEngine(ticket: LabTicket, run: number): void {
    const { engine, request } = ticket;
    if (engine === null || ticket.runs !== run) return;
    if (!engine.up) {
      this.#stopped(ticket, 'lost');
      return;
    }
    const id = `${ticket.id}/${String(run)}`;
    engine.tickets.set(id, ticket);
    const blockKey = blockNames(ticket);
    ticket.run = engine.loop.add({
      id,
      priority: this.#options.enginePriority(ticket.tier),
      arrivalMs: this.#nowMs,
      promptTokens: Math.max(1, request.inputTokens + ticket.kept),
      outputTokens: Math.max(1, request.outputTokens - ticket.kept),
      ...(blockKey === null ? {} : { blockKey }),
    });
    if (!engine.busy) this.#step(engine);
  }

  #step(engine: EngineProcess): void {
    if (!engine.loop.hasWork) return;
    this.steps += 1;
    const news = engine.begin(this.#nowMs);
    this.#plan(this.#nowMs + news.durationMs, { kind: 'step-ends', news });
  }

  #stepEnds(news: StepNews): void {
    const { engine } = news;
    if (engine.life !== news.life) return;
    engine.busy = false;
    const deliveryMs = Math.max(engine.lastDeliveryMs, this.#nowMs + this.#travelMs());
    engine.lastDeliveryMs = deliveryMs;
    this.#plan(deliveryMs, { kind: 'news', news });
    this.#step(engine);
  }

  #hear(news: StepNews): void {
    const { engine } = news;
    if (engine.life !== news.life) return;
    const at = this.#nowMs;
    engine.deliveredStep = news.step;
    this.#comparePrediction(news);
    const { watched } = engine;
    if (watched !== null && watched.engine === engine && watched.firstStep >= 0) {
      this.#tell({ kind: 'progress', at, id: watched.id, outputTokens: tokensOf(watched) });
    }
    for (const ticket of news.first) {
      if (ticket.engine !== engine || ticket.firstStep !== news.step) continue;
      ticket.firstTokenMs ??= at;
      this.books.promptRead(ticket, at);
      this.#tell({ kind: 'first-token', at, id: ticket.id });
    }
    for (const ticket of news.finished) {
      if (ticket.engine !== engine || ticket.run?.state !== 'finished') continue;
      this.#finish(ticket);
    }
    this.#afterwards();
  }

  /** Steps that read no prompt are what the model predicts; the next one is like the one that was just heard of. */
  #comparePrediction(news: StepNews): void {
    if (news.prefillTokens > 0 || news.streams === 0 || !this.books.measuring || !this.predictions.due()) return;
    const predictedMs = this.#scheduler.engineView(news.engine.name)?.stepMs ?? null;
    if (predictedMs !== null) this.predictions.add(predictedMs, news.durationMs);
  }

  #afterwards(): void {
    if (!this.#refillSoon) return;
    this.#refillSoon = false;
    this.#refill();
  }

  #finish(ticket: LabTicket): void {
    const outputTokens = tokensOf(ticket);
    const { inputTokens } = ticket.request;
    this.books.settle(ticket, this.#nowMs);
    this.#leave(ticket);
    this.#end(ticket, 'completed', outputTokens);
    this.#tell({ kind: 'finish', at: this.#nowMs, id: ticket.id, outcome: 'completed', inputTokens, outputTokens });
  }

  #end(ticket: LabTicket, outcome: 'completed' | 'refused' | 'failed', outputTokens = ticket.kept): void {
    ticket.over = true;
    this.#tickets.delete(ticket.id);
    if (!isEvictable(ticket.tier)) this.#interactive -= 1;
    const { firstTokenMs, arrivedMs } = ticket;
    const told: RequestOutcome = {
      tier: ticket.tier,
      atMs: arrivedMs,
      outcome,
      ttftMs: firstTokenMs === null ? null : firstTokenMs - arrivedMs,
      tpotMs: firstTokenMs === null || outputTokens < 2 ? null : (this.#nowMs - firstTokenMs) / (outputTokens - 1),
      inputTokens: ticket.request.inputTokens,
      outputTokens,
    };
    this.#collector.request(told);
    this.#options.onOutcome?.(told);
  }

  #evict(ticket: LabTicket): void {
    this.#collector.evicted(this.#nowMs);
    const { engine, run } = ticket;
    if (engine !== null && run !== null) {
      this.#plan(this.#nowMs + this.#travelMs(), {
        kind: 'abort-reaches-engine',
        engine,
        runId: run.request.id,
        life: engine.life,
      });
    }
    this.#stopped(ticket, 'evicted');
  }

  #stopped(ticket: LabTicket, cause: 'evicted' | 'lost'): void {
    const at = this.#nowMs;
    if (ticket.run !== null) {
      this.books.settle(ticket, at);
      this.books.dropped(ticket);
    }
    const outputTokens = tokensOf(ticket);
    this.#leave(ticket);
    ticket.kept = outputTokens;
    ticket.booked = outputTokens;
    this.#tell({ kind: 'stopped', at, id: ticket.id, cause, outputTokens });
  }

  #leave(ticket: LabTicket): void {
    const { engine } = ticket;
    if (engine !== null) {
      if (ticket.run !== null) engine.tickets.delete(ticket.run.request.id);
      if (engine.watched === ticket) engine.watched = null;
    }
    ticket.watched = false;
    ticket.engine = null;
    ticket.run = null;
    // What was on its way to the engine is void.
    ticket.runs += 1;
  }

  #travelMs(): number {
    const { networkMs, jitterMs } = this.#options.surroundings;
    return networkMs + (jitterMs === 0 ? 0 : jitterMs * this.#options.random.exponential());
  }

  /** What flex computes while the last interactive requests are waited for is not of the span that they are measured in. */
  #edge(): void {
    this.#settleAll();
    this.books.measuring = this.#nowMs < this.#options.durationMs;
  }

  #everySecond(): void {
    const at = this.#nowMs;
    this.#settleAll();
    for (const { model, tier, tickets } of this.#scheduler.depths()) {
      if (model === MODEL) this.#collector.queueDepth(tier, at, tickets);
    }
    this.#options.onProgress?.(at);
    this.#plan(at + SECOND_MS, { kind: 'every-second' });
  }

  /** The gateway reports progress of each stream about once a second; the books are brought up to date with it. */
  #settleAll(): void {
    for (const engine of this.#options.engines) {
      for (const ticket of engine.tickets.values()) {
        if (ticket.engine !== engine || ticket.firstStep < 0) continue;
        this.books.settle(ticket, this.#nowMs);
        this.#tell({ kind: 'progress', at: this.#nowMs, id: ticket.id, outputTokens: tokensOf(ticket) });
      }
    }
  }

  #scrape(engine: EngineProcess): void {
    const { scrapeEveryMs, scrapeDelayMs } = this.#options.surroundings;
    this.#plan(this.#nowMs + scrapeEveryMs!, { kind: 'scrape', engine });
    if (!engine.up || this.#unread.has(engine)) return;
    const { waitingRequests: waiting, runningRequests: running, kvUsage } = engine.loop;
    this.#plan(this.#nowMs + scrapeDelayMs, { kind: 'stats', engine, waiting, running, kvUsage });
  }

  #mishap(mishap: Mishap, over: boolean): void {
    const engine = this.#options.engines[mishap.engine]!;
    if (!over) this.#plan(this.#nowMs + mishap.forMs, { kind: 'mishap', mishap, over: true });
    switch (mishap.kind) {
      case 'slow':
        engine.slowness = over ? 1 : mishap.factor;
        return;
      case 'unread':
        if (over) this.#unread.delete(engine);
        else this.#unread.add(engine);
        return;
      case 'lost':
        if (over) this.#revive(engine);
        else this.#lose(engine);
    }
  }

  #lose(engine: EngineProcess): void {
    engine.up = false;
    engine.life += 1;
    engine.busy = false;
    this.#tell({ kind: 'engine-down', at: this.#nowMs, engine: engine.name });
    for (const ticket of [...engine.tickets.values()]) {
      if (ticket.engine === engine) this.#stopped(ticket, 'lost');
    }
    engine.tickets.clear();
  }

  #revive(engine: EngineProcess): void {
    engine.up = true;
    engine.loop = this.#options.newLoop();
    engine.lastDeliveryMs = this.#nowMs;
    this.#tell({
      kind: 'engine-up',
      at: this.#nowMs,
      engine: engine.name,
      models: [MODEL],
      capacity: this.#options.spec,
    });
  }

  /** After the end only interactive requests that are still on their way keep the clock going. */
  #drained(nextArrivalMs: number): boolean {
    return nextArrivalMs > this.#options.durationMs && this.#interactive === 0;
  }

  /** What did not end within the drain has failed its client; flex that is still under way has not. */
  #giveUpRest(): void {
    for (const ticket of [...this.#tickets.values()]) {
      if (!isEvictable(ticket.tier)) this.#end(ticket, 'failed');
    }
  }
}
