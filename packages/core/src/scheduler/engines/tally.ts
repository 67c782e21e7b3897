import { isEvictable } from '../../tiers/tier.ts';
import type { EngineLoad } from '../../capacity/capacity-model.ts';
import type { Run } from './run.ts';

/**
 * The load of a set of runs of one engine. Contexts grow with every step of the engine, and all of them at once: a run's context is
 * what was last told of it plus the beats since, so that the sum is kept without visiting the runs.
 */
export class Tally implements EngineLoad {
  slots = 0;
  flexSlots = 0;
  kvTokens = 0;
  streams = 0;
  prefills = 0;
  prefillTokens = 0;
  flexPrefills = 0;
  flexPrefillTokens = 0;
  readonly #beat: { readonly count: number };
  #contextBase = 0;
  #beatBase = 0;

  constructor(beat: { readonly count: number }) {
    this.#beat = beat;
  }

  get contextTokens(): number {
    return this.#contextBase + this.streams * this.#beat.count - this.#beatBase;
  }

  add(run: Run): void {
    this.#shift(run, 1);
  }

  remove(run: Run): void {
    this.#shift(run, -1);
  }

  #shift(run: Run, by: 1 | -1): void {
    const flex = isEvictable(run.entry.tier);
    this.slots += by;
    this.kvTokens += by * run.entry.tokensMax;
    if (flex) {
      this.flexSlots += by;
    }
    if (run.decoding) {
      this.streams += by;
      this.#contextBase += by * run.contextTokens;
      this.#beatBase += by * run.contextBeat;
      return;
    }
    this.prefills += by;
    this.prefillTokens += by * run.contextTokens;
    if (flex) {
      this.flexPrefills += by;
      this.flexPrefillTokens += by * run.contextTokens;
    }
  }
}

/** What is left of `a` without the runs of `b` and, if given, those of `c`. Reused: valid until the next call. */
export function without(a: EngineLoad, b: EngineLoad, c: EngineLoad | null): EngineLoad {
  rest.slots = a.slots - b.slots - (c?.slots ?? 0);
  rest.flexSlots = a.flexSlots - b.flexSlots - (c?.flexSlots ?? 0);
  rest.kvTokens = a.kvTokens - b.kvTokens - (c?.kvTokens ?? 0);
  rest.streams = a.streams - b.streams - (c?.streams ?? 0);
  rest.contextTokens = a.contextTokens - b.contextTokens - (c?.contextTokens ?? 0);
  rest.prefills = a.prefills - b.prefills - (c?.prefills ?? 0);
  rest.prefillTokens = a.prefillTokens - b.prefillTokens - (c?.prefillTokens ?? 0);
  rest.flexPrefills = a.flexPrefills - b.flexPrefills - (c?.flexPrefills ?? 0);
  rest.flexPrefillTokens = a.flexPrefillTokens - b.flexPrefillTokens - (c?.flexPrefillTokens ?? 0);
  return rest;
}

/** The same when every prompt that is there has been read. Reused: valid until the next call. */
export function onceRead(a: EngineLoad): EngineLoad {
  without(a, NOTHING, null);
  rest.streams += rest.prefills;
  rest.contextTokens += rest.prefillTokens;
  rest.prefills = 0;
  rest.prefillTokens = 0;
  rest.flexPrefills = 0;
  rest.flexPrefillTokens = 0;
  return rest;
}

const NOTHING: EngineLoad = new Tally({ count: 0 });

const rest: { -readonly [K in keyof EngineLoad]: EngineLoad[K] } = {
  slots: 0,
  flexSlots: 0,
  kvTokens: 0,
  streams: 0,
  contextTokens: 0,
  prefills: 0,
  prefillTokens: 0,
  flexPrefills: 0,
  flexPrefillTokens: 0,
};
