import type { LlamaEngine } from '@offpeak/engine';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasLlama, startModel } from '../llama/engines.ts';
import { TINY } from '../llama/random-model.ts';
import { checkBooks, readMetrics, rowsOf, total, Witness } from './books.ts';
import { upstreamLine } from './fake-engine.ts';
import { startHouse, until, type House } from './harness.ts';
import { speak, type Heard, type Spoken, type Voice } from './voice.ts';

/** The tiers on an engine that really computes: what is shown elsewhere on the simulated one, on llama.cpp. */

const SLOTS = 2;
/** More than a hundred milliseconds on an idle machine: an answer is still under way when others come. */
const LONG = 250;

describe.skipIf(!hasLlama)('llama.cpp behind the gateway', () => {
  let engine: LlamaEngine;
  let house: House;
  let witness: Witness;
  beforeAll(async () => {
    engine = await startModel(TINY, { maxNumSeqs: SLOTS });
  });
  beforeEach(async () => {
    // Nothing is said of the engine but where it is.
    house = await startHouse({ upstreams: [upstreamLine('local', engine.url, 'capacity: auto', 'auto')] });
    witness = new Witness();
  });
  afterEach(async () => {
    try {
      await checkBooks(house, witness);
      await until(() => engine.stats().runningRequests + engine.stats().waitingRequests === 0, 'the engine is idle');
    } finally {
      await house.close();
    }
  });

  const say = ({ more, ...spoken }: Spoken): Voice =>
    speak(house, witness, { ...spoken, more: { model: engine.model, temperature: 0, ...more } });

  /** What the same requests hear when nobody is in their way. */
  async function undisturbed(all: readonly Spoken[]): Promise<Heard[]> {
    const heard: Heard[] = [];
    for (const spoken of all) heard.push(await say({ ...spoken, tier: 'default' }).end);
    return heard;
  }

  async function expectSame(voices: readonly Voice[], alone: readonly Heard[]): Promise<void> {
    for (const [index, voice] of voices.entries()) {
      const heard = await voice.end;
      const { text, finish, usage } = alone[index]!;
      expect(heard.text).toBe(text);
      expect(heard.finish).toBe(finish);
      const { prompt_tokens, completion_tokens, total_tokens } = usage!;
      expect(heard.usage).toMatchObject({ prompt_tokens, completion_tokens, total_tokens });
      expect(heard.ids).toHaveLength(1);
      expect(heard.tiers).toEqual(['flex']);
    }
  }

  test('is found out, and answers in one piece and in a stream, with its usage', async () => {
    const [whole, streamed] = await Promise.all(
      [false, true].map((stream) => say({ prompt: 'Tell of both', tokens: 30, stream }).end),
    );
    expect(streamed!.text).toBe(whole!.text);
    expect(whole!.text).toHaveLength(30);
    const prompt = 1 + '[user]Tell of both\n[assistant]'.length;
    const usage = { prompt_tokens: prompt, completion_tokens: 30, total_tokens: prompt + 30 };
    for (const heard of [whole!, streamed!]) {
      expect(heard.usage).toMatchObject(usage);
      expect(heard.finish).toBe('length');
      expect(heard.headers.get('offpeak-upstream')).toBe('local');
    }
    const free = total(readMetrics(await house.metrics()), 'offpeak_engine_slots', {
      upstream: 'local',
      state: 'free',
    });
    expect(free).toBe(SLOTS);
  });

  test('stops when the client leaves', async () => {
    const { abortedRequests, generatedTokens } = engine.stats();
    const leaving = new AbortController();
    const left = fetch(`${house.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: engine.model, max_tokens: 900, messages: [{ role: 'user', content: 'Go on' }] }),
      signal: leaving.signal,
    });
    await until(() => engine.stats().generatedTokens > generatedTokens + 5, 'it is under way');
    leaving.abort();
    await expect(left).rejects.toThrow();
    await until(() => engine.stats().abortedRequests === abortedRequests + 1, 'the engine has dropped it');
    expect(engine.stats().generatedTokens).toBeLessThan(generatedTokens + 900);
  });

  test.each([true, false])('flex gives its slot up and goes on as if nothing had been (stream: %s)', async (stream) => {
    const flex: readonly Spoken[] = ['tides', 'moon'].map((what) => ({
      prompt: `Tell of the ${what}`,
      tokens: LONG,
      stream,
    }));
    const alone = await undisturbed(flex);
    const before = engine.stats().generatedTokens;
    const voices = flex.map((spoken) => say({ ...spoken, tier: 'flex' }));
    await until(() => engine.stats().generatedTokens > before + 20, 'both are under way');
    expect(engine.stats().runningRequests).toBe(SLOTS);
    const urgent = await say({ prompt: 'Now', tokens: 10, stream: true, tier: 'default' }).end;
    expect(voices.map(({ over }) => over)).toEqual([false, false]);
    expect(urgent.tiers).toEqual(['default']);
    await expectSame(voices, alone);
    const rows = (await rowsOf(house)).filter(({ served_tier: tier }) => tier === 'flex');
    expect(rows.map(({ evictions }) => evictions).sort()).toEqual([0, 1]);
    for (const row of rows) expect(row).toMatchObject({ outcome: 'completed', output_tokens: LONG, wasted_tokens: 0 });
    // What the gateway said and what the engine computed agree: nothing was generated twice but what the eviction cut off.
    expect(engine.stats().generatedTokens - before).toBeLessThan(2 * LONG + 10 + 10);
  });

  test('serves flex beside standard: all flex is done in the end, and standard is never turned away', async () => {
    const flex: readonly Spoken[] = Array.from({ length: 5 }, (_, index) => ({
      prompt: `Flex number ${index}`,
      tokens: 120,
      stream: index % 2 === 0,
    }));
    const alone = await undisturbed(flex);
    const voices = flex.map((spoken) => say({ ...spoken, tier: 'flex' }));
    const standard: Heard[] = [];
    for (let wave = 0; wave < 4; wave++) {
      const together = [0, 1].map((index) => say({ prompt: `Ask ${wave} ${index}`, tokens: 8, stream: true }).end);
      standard.push(...(await Promise.all(together)));
      const { generatedTokens } = engine.stats();
      await until(() => engine.stats().generatedTokens > generatedTokens + 10, 'flex goes on between the waves');
    }
    for (const heard of standard) expect(heard).toMatchObject({ finish: 'length', tiers: ['default'] });
    await expectSame(voices, alone);
    const rows = await rowsOf(house);
    expect(rows.every(({ outcome }) => outcome === 'completed')).toBe(true);
    const evictions = rows.reduce((sum, row) => sum + row.evictions, 0);
    expect(evictions).toBeGreaterThan(0);
    expect(rows.reduce((sum, row) => sum + row.wasted_tokens, 0)).toBe(0);
  });
});
