import type { EngineLoop, StepOutcome } from '@offpeak/engine';
import type { LabTicket } from './ticket.ts';

/** What an engine did in one step, on its way to the gateway. */
export interface StepNews {
  readonly engine: EngineProcess;
  readonly step: number;
  readonly durationMs: number;
  readonly streams: number;
  readonly prefillTokens: number;
  /** Tickets whose run got its first token, and those whose run got its last, with the runs' numbers. */
  readonly first: readonly LabTicket[];
  readonly finished: readonly LabTicket[];
  /** The engine's life in which it happened: a crash ends one. */
  readonly life: number;
}

/** An engine with its own time: steps follow each other as long as there is work. */
export class EngineProcess {
  readonly name: string;
  loop: EngineLoop;
  /** How many times as long as they should its steps take. */
  slowness = 1;
  up = true;
  life = 0;
  busy = false;
  /** Steps begun, and the last one whose tokens reached the gateway. */
  step = 0;
  deliveredStep = 0;
  /** Chunks travel in order: none arrives before the one sent earlier. */
  lastDeliveryMs = 0;
  watched: LabTicket | null = null;
  readonly tickets: Map<string, LabTicket> = new Map();

  constructor(name: string, loop: EngineLoop) {
    this.name = name;
    this.loop = loop;
  }

  /** Computes one step and says what it will have done at its end. */
  begin(nowMs: number): StepNews {
    const outcome = this.loop.step(nowMs);
    this.step += 1;
    this.busy = true;
    return {
      engine: this,
      step: this.step,
      durationMs: outcome.durationMs * this.slowness,
      streams: outcome.decodeStreams,
      prefillTokens: outcome.prefillTokens,
      first: this.#first(outcome),
      finished: outcome.finished.flatMap(({ request }) => this.tickets.get(request.id) ?? []),
      life: this.life,
    };
  }

  #first(outcome: StepOutcome): LabTicket[] {
    const first: LabTicket[] = [];
    for (const { request } of outcome.firstTokens) {
      const ticket = this.tickets.get(request.id);
      // Its abort is on the way.
      if (ticket === undefined) continue;
      ticket.firstStep = this.step;
      first.push(ticket);
    }
    return first;
  }
}
