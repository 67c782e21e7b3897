import { expect, test } from 'vitest';
import type { EngineLoad } from '../capacity-model.ts';
import { StepModel } from './step-model.ts';

function load(streams: number, contextTokens: number, prefills = 0): EngineLoad {
  return {
    slots: streams + prefills,
    flexSlots: 0,
    kvTokens: 0,
    streams,
    contextTokens,
    prefills,
    prefillTokens: prefills * 1_000,
    flexPrefills: 0,
    flexPrefillTokens: 0,
  };
}

/** An engine whose steps take 8 ms, 0.02 ms per stream and 4e-5 ms per token of context, times `slowness`, and up to 3 % more or less. */
class Engine {
  readonly model = new StepModel();
  slowness = 1;
  #index = 0;

  decodes(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      this.#index += 1;
      const streams = 20 + ((this.#index * 7) % 90);
      const context = streams * (400 + ((this.#index * 13) % 500));
      const noise = 1 + 0.03 * Math.sin(this.#index * 12.9898);
      this.model.beat(1, this.slowness * this.stepMs(streams, context) * noise, false, load(streams, context));
    }
  }

  stepMs(streams: number, context: number): number {
    return 8 + 0.02 * streams + 4e-5 * context;
  }

  /** A prompt of so many tokens, at 0.02 ms each, read in one step. */
  reads(tokens: number, unclear = false): void {
    this.model.beat(1, this.stepMs(50, 30_000), false, load(50, 30_000, 1));
    this.model.firstToken(tokens, unclear);
    this.model.beat(1, this.stepMs(51, 31_000) + 0.02 * tokens, false, load(51, 31_000));
  }

  error(streams: number, context: number): number {
    const actual = this.slowness * this.stepMs(streams, context);
    return Math.abs(this.model.stepMs(streams, context) - actual) / actual;
  }
}

test('a few hundred steps teach it what any batch takes', () => {
  const engine = new Engine();
  engine.decodes(300);
  for (const streams of [10, 60, 120]) expect(engine.error(streams, streams * 700)).toBeLessThan(0.03);
  expect(engine.model.error).toBeLessThan(0.05);
});

test('a pause of the network is no property of the engine', () => {
  const engine = new Engine();
  engine.decodes(300);
  for (let index = 0; index < 20; index += 1) {
    engine.model.beat(1, 400, false, load(50, 30_000));
    engine.decodes(10);
  }
  expect(engine.error(60, 40_000)).toBeLessThan(0.1);
});

test.each([2, 0.5])('an engine that takes %s times as long is believed within two hundred steps', (slowness) => {
  const engine = new Engine();
  engine.decodes(3_000);
  engine.slowness = slowness;
  engine.decodes(200);
  expect(engine.error(60, 40_000)).toBeLessThan(0.1);
});

test('prompts are told from decode steps', () => {
  const engine = new Engine();
  engine.decodes(300);
  for (let index = 0; index < 40; index += 1) {
    engine.reads(300 + ((index * 211) % 1_500));
    engine.decodes(5);
  }
  expect(engine.model.knowsPrompts).toBe(true);
  expect(engine.model.promptMs(1_000, 1) / 20).toBeCloseTo(1, 0);
});

test('prompts whose reading was not seen teach nothing: they are not free', () => {
  const engine = new Engine();
  engine.decodes(300);
  const before = engine.model.promptMs(2_000, 1);
  for (let index = 0; index < 40; index += 1) {
    engine.model.firstToken(2_000, true);
    engine.decodes(5);
  }
  expect(engine.model.knowsPrompts).toBe(false);
  expect(engine.model.promptMs(2_000, 1)).toBe(before);
});

test('a prompt that takes longer than any step still counts', () => {
  const engine = new Engine();
  engine.decodes(300);
  for (let index = 0; index < 10; index += 1) {
    engine.reads(400_000);
    engine.decodes(5);
  }
  expect(engine.model.knowsPrompts).toBe(true);
});

test('an engine that was restarted is unknown', () => {
  const engine = new Engine();
  engine.decodes(300);
  engine.model.forget();
  expect(engine.model.samples).toBe(0);
  expect(engine.model.error).toBe(1);
  expect(engine.model.stepMs(0, 0)).toBe(10);
});
