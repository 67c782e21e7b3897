import type { Dispatcher } from 'undici';
import { afterAll, expect, test } from 'vitest';
import type { Answer } from '../http/answer.ts';
import { LongTimers } from '../http/long-timers.ts';
import type { RunLimits } from './engine-run.ts';
import { RelayRun, type RelayOwner } from './relay-run.ts';
import type { Relay } from './relay.ts';
import { UnaryRun, type UnaryOwner } from './unary-run.ts';

/** Whatever an owner throws is told to it once, and nothing else is told then. */

const timers = new LongTimers();
afterAll(() => {
  timers.stop();
});

const limits: RunLimits = {
  timers,
  firstByteMs: 60_000,
  silenceMs: 60_000,
  streamTokensMax: 100,
  refused: () => ({ kind: 'unusable', detail: 'it refused' }),
};

const FAULT = new Error('out of order');

type Step = 'relayFor' | 'streamBegins' | 'streamed' | 'streamCompleted' | 'answered' | 'runEnded';

class Owner implements RelayOwner, UnaryOwner {
  readonly told: string[] = [];
  readonly #throwsAt: Step;

  constructor(throwsAt: Step) {
    this.#throwsAt = throwsAt;
  }

  relayFor(): Relay {
    this.#step('relayFor');
    const state = { tokens: 0, error: null, marked: false, whole: false, usage: null, ending: () => null };
    return {
      ...state,
      push(chunk) {
        this.marked = this.whole = chunk.includes('end');
        return chunk;
      },
    } as Relay & { marked: boolean; whole: boolean };
  }

  streamBegins = (): void => {
    this.#step('streamBegins');
  };

  streamed = (): void => {
    this.#step('streamed');
  };

  streamCompleted = (): void => {
    this.#step('streamCompleted');
  };

  answered = (): void => {
    this.#step('answered');
  };

  runEnded = (): void => {
    this.#step('runEnded');
  };

  endOf(): never {
    throw new Error('no stream failed');
  }

  heldUp(): void {}
  readerTooSlow(): void {}

  broke(error: unknown): void {
    expect(error).toBe(FAULT);
    this.told.push('broke');
  }

  #step(step: Step): void {
    this.told.push(step);
    if (step === this.#throwsAt) throw FAULT;
  }
}

class Controller {
  aborted = false;
  paused = false;
  reason = null;
  rawHeaders = null;
  rawTrailers = null;

  abort(): void {
    this.aborted = true;
  }

  pause(): void {}
  resume(): void {}
}

/** As the HTTP client does: what a callback throws, and what breaks later, is told as a broken connection. */
function drive(run: RelayRun | UnaryRun, { end }: { readonly end: 'whole' | 'broken' }): Controller {
  const controller = new Controller();
  const dispatch = controller as unknown as Dispatcher.DispatchController;
  run.onRequestStart(dispatch);
  run.onResponseStart(dispatch, 200, {});
  run.onResponseData(dispatch, Buffer.from('some'));
  if (end === 'whole') {
    run.onResponseData(dispatch, Buffer.from('end'));
    run.onResponseEnd();
  }
  run.onResponseError(dispatch, new Error('socket closed'));
  return controller;
}

const ANSWER = { state: 'flowing', congested: false, streamBytes: () => undefined } as unknown as Answer;

test.each(['relayFor', 'streamBegins', 'streamed', 'streamCompleted'] as const)('a stream, at %s', (step) => {
  const owner = new Owner(step);
  drive(new RelayRun(owner, ANSWER, limits, 1_000), { end: 'whole' });
  expect(owner.told.at(-1)).toBe('broke');
  expect(owner.told.filter((told) => told === 'broke')).toHaveLength(1);
  expect(owner.told.at(-2)).toBe(step);
});

test('an answer in one piece', () => {
  const owner = new Owner('answered');
  drive(new UnaryRun(owner, limits, 1_000), { end: 'whole' });
  expect(owner.told).toEqual(['answered', 'broke']);
});

test.each([RelayRun, UnaryRun])('the end of a run that failed', (kind) => {
  const owner = new Owner('runEnded');
  const run = kind === RelayRun ? new RelayRun(owner, ANSWER, limits, 1_000) : new UnaryRun(owner, limits, 1_000);
  drive(run, { end: 'broken' });
  expect(owner.told.slice(-2)).toEqual(['runEnded', 'broke']);
});

test('what was still coming is given up', () => {
  expect(drive(new RelayRun(new Owner('streamed'), ANSWER, limits, 1_000), { end: 'whole' }).aborted).toBe(true);
});
