import { ServiceTier, type GenerateContentConfig } from '@google/genai';
import { describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total } from '../e2e/books.ts';
import { until, type HouseOptions } from '../e2e/harness.ts';
import { hold } from '../e2e/occupy.ts';
import {
  GEMINI_SDKS,
  GENAI_3,
  generate,
  refusalOf,
  startGeminiHouse,
  textOf,
  tiersOf,
  WAYS,
  type GeminiHouse,
} from './gemini-sdks.ts';

/** Clients that would not wait as long as their tier does, and clients that leave. */

const ONE_SLOT: HouseOptions = { engines: [{ slots: 1 }] };
/** Slow enough that no answer ends before its client has left. */
const SLOW: HouseOptions = { engines: [{ slots: 1, speed: 1 }] };
const ASK = { model: 'sim-8b', contents: 'Hello' };
const SHORT: GenerateContentConfig = { maxOutputTokens: 8 };

interface Table {
  readonly house: GeminiHouse;
  /** Takes the slot until the function that it returns is called, or the case is over. */
  readonly hold: () => Promise<() => Promise<void>>;
}

/** A house of its own for each case, so that all of them can wait at the same time. */
async function atTable(options: HouseOptions, work: (table: Table) => Promise<void>): Promise<void> {
  const house = await startGeminiHouse(options);
  let release = async (): Promise<void> => undefined;
  try {
    await work({ house, hold: async () => (release = await hold(house)) });
    await release();
    await checkBooks(house);
  } finally {
    await release();
    await house.close();
  }
}

async function failure(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  // An aborted fetch throws what is no Error of this realm.
  if (error === undefined) throw new Error('it was expected to fail');
  return error as Error;
}

async function waiting(house: GeminiHouse): Promise<number> {
  return total(readMetrics(await house.metrics()), 'offpeak_queue_depth');
}

describe.concurrent('a stated timeout', () => {
  test.each(WAYS)('%s: the refusal comes before the SDK leaves', async (way) => {
    await atTable(ONE_SLOT, async ({ house, hold: holdSlot }) => {
      await holdSlot();
      const calls = GEMINI_SDKS.map(async (sdk) => {
        const ai = sdk.connect(house.url, { http: { timeout: 2_000 } });
        const config = { ...SHORT, serviceTier: ServiceTier.FLEX };
        const told = await refusalOf(sdk, generate(ai, way, { ...ASK, config }));
        expect(told).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
        expect(told.details['ErrorInfo']).toMatchObject({ reason: 'flex_unavailable' });
      });
      await Promise.all(calls);
    });
  });

  test.each(WAYS)('%s: a timeout that is over stops the engine', async (way) => {
    await atTable(SLOW, async ({ house }) => {
      const ai = GENAI_3.connect(house.url, { http: { timeout: 300 } });
      const call = generate(ai, way, { ...ASK, config: { maxOutputTokens: 2_000 } });
      expect((await failure(call)).name).toBe('AbortError');
      await until(() => house.engines[0]!.stats().abortedRequests === 1, 'the engine has stopped its work');
      expect(await rowsOf(house)).toMatchObject([{ outcome: 'cancelled' }]);
    });
  });
});

describe.concurrent('a long wait', () => {
  /** No SDK of Google's says this; whoever sits between may cut silent connections. */
  const IMPATIENT = { headers: { 'x-stainless-timeout': '0.4' } };
  const BEATS: HouseOptions = { ...ONE_SLOT, config: 'server: { heartbeat: 50ms }\n' };

  test.each(WAYS)('%s: is kept alive, and ends in the answer', async (way) => {
    await atTable(BEATS, async ({ house, hold: holdSlot }) => {
      const [ai, ai2] = GEMINI_SDKS.map((sdk) => sdk.connect(house.url, { http: IMPATIENT })) as [
        ReturnType<typeof GENAI_3.connect>,
        ReturnType<typeof GENAI_3.connect>,
      ];
      const text = textOf(await generate(ai, way, { ...ASK, config: SHORT }));
      const release = await holdSlot();
      const answers = [ai, ai2].map((each) => generate(each, way, { ...ASK, config: SHORT }));
      await until(async () => (await waiting(house)) === 2, 'they wait');
      // Comes last, so that the others are kept alive as well when it is.
      const method = way === 'unary' ? 'generateContent' : 'streamGenerateContent?alt=sse';
      const bare = await fetch(`${house.url}/v1beta/models/sim-8b:${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...IMPATIENT.headers },
        body: JSON.stringify({ contents: [{ parts: [{ text: 'Hello' }] }], generationConfig: SHORT }),
      });
      expect(bare.status).toBe(200);
      const reader = bare.body!.pipeThrough(new TextDecoderStream()).getReader();
      let seen = '';
      const beat = way === 'unary' ? '\n' : ': keep-alive\n\n';
      while (!seen.startsWith(beat.repeat(3))) seen += (await reader.read()).value!;
      await release();
      for (const answer of answers) {
        const chunks = await answer;
        expect(textOf(chunks)).toBe(text);
        // The headers were sent before the tier was certain.
        expect(tiersOf(chunks.at(-1)!)).toEqual([undefined, 'standard']);
      }
      await reader.cancel();
    });
  });

  test('a refusal after that is told in the stream', async () => {
    const config = `${BEATS.config}tiers: { standard: { patience: 900ms } }\n`;
    await atTable({ ...BEATS, config }, async ({ house, hold: holdSlot }) => {
      const release = await holdSlot();
      const calls = GEMINI_SDKS.map(async (sdk) => {
        const ai = sdk.connect(house.url, { http: IMPATIENT });
        const stream = await ai.models.generateContentStream({ ...ASK, config: SHORT });
        const told = await refusalOf(sdk, Array.fromAsync(stream));
        expect(told).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      });
      await Promise.all(calls);
      await release();
      const rows = await rowsOf(house);
      expect(rows.filter(({ outcome, status }) => outcome === 'refused' && status === 200)).toHaveLength(2);
    });
  });
});

describe.concurrent('an AbortSignal', () => {
  const LONG: GenerateContentConfig = { maxOutputTokens: 2_000 };

  test.each(WAYS)('%s: stops the engine', async (way) => {
    await atTable(SLOW, async ({ house }) => {
      const leaving = new AbortController();
      const call = failure(
        generate(GENAI_3.connect(house.url), way, { ...ASK, config: { ...LONG, abortSignal: leaving.signal } }),
      );
      await until(() => house.engines[0]!.stats().generatedTokens > 3, 'the engine is at work');
      leaving.abort();
      expect((await call).name).toBe('AbortError');
      await until(() => house.engines[0]!.stats().abortedRequests === 1, 'the engine has stopped its work');
      const [row] = await rowsOf(house);
      expect(row).toMatchObject({ outcome: 'cancelled', status: way === 'stream' ? 200 : 499 });
      // What a stream's client had read by then was served, and is owed.
      expect(row!.cost_nano_usd > 0).toBe(way === 'stream');
    });
  });

  test.each([
    { model: 'gemini-3.8-flash', name: 'gemini' },
    { model: 'gpt-5.6-luna', name: 'openai' },
  ] as const)('hangs up on $name', async ({ model, name }) => {
    await atTable({}, async ({ house }) => {
      const provider = house[name];
      for (const way of WAYS) {
        provider.reset();
        provider.next(way === 'unary' ? { kind: 'hang' } : { kind: 'stall', afterEvents: 2 });
        const leaving = new AbortController();
        const ai = GENAI_3.connect(house.url);
        const config = { abortSignal: leaving.signal };
        if (way === 'unary') {
          const call = failure(ai.models.generateContent({ model, contents: 'one two three', config }));
          await until(() => provider.requests.length > 0, 'the provider has it');
          leaving.abort();
          await call;
        } else {
          const stream = await ai.models.generateContentStream({ model, contents: 'one two three', config });
          for await (const _chunk of stream) break;
          leaving.abort();
        }
        await until(() => provider.last().aborted, 'the connection to the provider is closed');
      }
      expect((await rowsOf(house)).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    });
  });

  test('while it waits: it leaves the queue', async () => {
    await atTable(ONE_SLOT, async ({ house, hold: holdSlot }) => {
      const release = await holdSlot();
      const leaving = new AbortController();
      const config = { ...SHORT, abortSignal: leaving.signal };
      const call = failure(generate(GENAI_3.connect(house.url), 'unary', { ...ASK, config }));
      await until(async () => (await waiting(house)) === 1, 'it waits');
      leaving.abort();
      await call;
      await until(async () => (await waiting(house)) === 0, 'it waits no more');
      await release();
      expect((await rowsOf(house)).every(({ cost_nano_usd: cost }) => cost === 0)).toBe(true);
    });
  });
});
