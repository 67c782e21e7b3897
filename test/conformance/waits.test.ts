import { describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total, untilQuiet, Witness } from '../e2e/books.ts';
import { startHouse, until, type House, type HouseOptions } from '../e2e/harness.ts';
import { hold } from '../e2e/occupy.ts';
import { GROQ, OPENAI_6, OPENAI_7, SDKS, type ChatBody, type Client, type Sdk } from './sdks.ts';

/** Clients that would not wait as long as their tier does, and clients that leave. */

const ASK: ChatBody = { model: 'sim-8b', max_tokens: 8, messages: [{ role: 'user', content: 'Hello' }] };
/** The shortest that an SDK can state: it counts whole seconds. Groq's default of 60 s, and others' of 300 s, in small. */
const TIMEOUT_MS = 2_000;

interface Table {
  readonly house: House;
  /** Takes the slot until the function that it returns is called, or the case is over. */
  readonly hold: () => Promise<() => Promise<void>>;
  readonly client: Client;
  readonly witness: Witness;
}

/** A house of its own for each case, so that all of them can wait at the same time. */
async function atTable(sdk: Sdk, options: HouseOptions, work: (table: Table) => Promise<void>): Promise<void> {
  const house = await startHouse(options);
  const witness = new Witness();
  const client = sdk.connect(house.url + sdk.bases[0]!, { fetch: witness.fetch });
  let release = async (): Promise<void> => undefined;
  const holdSlot = async (): Promise<() => Promise<void>> => (release = await hold(house));
  try {
    await work({ house, witness, client, hold: holdSlot });
    await release();
    await checkBooks(house, witness);
  } finally {
    await release();
    await house.close();
  }
}

async function failure(work: PromiseLike<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was expected to fail');
}

const ONE_SLOT: HouseOptions = { engines: [{ slots: 1 }] };

describe.concurrent('a client whose timeout is shorter than its tier is patient', () => {
  // openai 7 counts the body of a unary answer too, so that nothing sent early would keep it.
  test('openai-7, unary: is refused before it would leave', async () => {
    await atTable(OPENAI_7, ONE_SLOT, async ({ client, witness, hold }) => {
      await hold();
      const flex = { ...ASK, service_tier: 'flex' };
      const call = client.chat.completions.create(flex, { timeout: TIMEOUT_MS });
      // Another one's patience ends meanwhile.
      const other = failure(
        client.chat.completions.create(flex, { headers: { 'offpeak-max-wait': '700ms' }, maxRetries: 0 }),
      );
      const error = await failure(call);
      expect(error).toBeInstanceOf(OPENAI_7.errors.RateLimitError);
      expect(OPENAI_7.told(error)).toMatchObject({ status: 429, code: 'flex_unavailable' });
      await other;
      expect(witness.attempts).toBe(2);
    });
  });

  test('openai-7, unary: is refused before it would leave, on the second tier that it waits at', async () => {
    await atTable(OPENAI_7, ONE_SLOT, async ({ client, witness, hold }) => {
      await hold();
      const call = client.chat.completions.create(
        { ...ASK, service_tier: 'flex' },
        { timeout: TIMEOUT_MS, maxRetries: 0, headers: { 'offpeak-on-unavailable': 'standard' } },
      );
      expect(await failure(call)).toBeInstanceOf(OPENAI_7.errors.RateLimitError);
      expect(witness.seen[0]).toMatchObject({ status: 429, requested: 'flex' });
    });
  });

  // The others stop their timer at the first header.
  test.each([
    { sdk: OPENAI_7, stream: true },
    { sdk: OPENAI_6, stream: true },
    { sdk: OPENAI_6, stream: false },
    { sdk: GROQ, stream: true },
    { sdk: GROQ, stream: false },
  ])('$sdk.name, stream $stream: is kept by a commit, and gets its answer', async ({ sdk, stream }) => {
    await atTable(sdk, ONE_SLOT, async ({ house, client, witness, hold }) => {
      const body = { ...ASK, service_tier: sdk.words.standard };
      const text = (await client.chat.completions.create(body)).choices[0]!.message.content;
      const release = await hold();
      const call = client.chat.completions.create(
        { ...body, stream },
        { timeout: TIMEOUT_MS },
      ) as unknown as ReturnType<typeof client.chat.completions.create>;
      const committed = call.withResponse();
      await until(() => witness.seen.length === 2, 'the answer was begun while it waited');
      expect(readWaiting(await house.metrics())).toBe(1);
      await release();
      expect(await textOf((await committed).data)).toBe(text);
      expect(witness.attempts).toBe(2);
      const row = (await rowsOf(house)).find(({ id }) => id === witness.seen[1]!.id);
      expect(row).toMatchObject({ outcome: 'completed', status: 200, served_tier: 'standard' });
    });
  });

  test.each([OPENAI_6, GROQ])('$name: a failure after the commit is told inside the stream', async (sdk) => {
    await atTable(
      sdk,
      {
        ...ONE_SLOT,
        config: 'tiers: { standard: { patience: 2500ms } }',
      },
      async ({ house, client, witness, hold }) => {
        const release = await hold();
        const body = { ...ASK, service_tier: sdk.words.standard, stream: true } as const;
        const stream = await client.chat.completions.create(body, { timeout: TIMEOUT_MS });
        const error = await failure(textOf(stream));
        expect(error).toBeInstanceOf(sdk.errors.APIError);
        expect(error.message).toContain('in use');
        await release();
        expect(witness.attempts).toBe(1);
        const row = (await rowsOf(house)).find(({ id }) => id === witness.seen[0]!.id);
        expect(row).toMatchObject({ outcome: 'refused', status: 200, cost_nano_usd: 0 });
      },
    );
  });
});

describe('a client that leaves', () => {
  /** Slow enough that no answer ends before its client has left. */
  const SLOW: HouseOptions = { engines: [{ slots: 1, speed: 1 }] };
  const LONG: ChatBody = { ...ASK, max_tokens: 2_000, ignore_eos: true };
  const CASES = SDKS.flatMap((sdk) =>
    (['standard', 'flex'] as const).map((tier) => ({ sdk, name: sdk.name, tier, word: sdk.words[tier] })),
  );

  async function expectStopped(house: House, tier: string, status: number): Promise<void> {
    await until(() => {
      const { runningRequests, waitingRequests, abortedRequests } = house.engines[0]!.stats();
      return runningRequests + waitingRequests === 0 && abortedRequests === 1;
    }, 'the engine has stopped its work');
    const rows = await rowsOf(house);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ outcome: 'cancelled', served_tier: tier, status });
    expect(rows[0]!.output_tokens).toBeLessThan(2_000);
  }

  test.each(CASES)('$name, $tier: breaking out of a stream stops the engine', async ({ sdk, tier, word }) => {
    await atTable(sdk, SLOW, async ({ house, client, witness }) => {
      const stream = await client.chat.completions.create({ ...LONG, service_tier: word, stream: true });
      let chunks = 0;
      for await (const _chunk of stream) if (++chunks === 5) break;
      await expectStopped(house, tier, 200);
      expect(witness.attempts).toBe(1);
      // What it had read by then was served, and is owed.
      const [row] = await rowsOf(house);
      expect(row!.output_tokens).toBeGreaterThan(0);
      expect(row!.cost_nano_usd).toBeGreaterThan(0);
    });
  });

  test.each(CASES)('$name, $tier: an AbortSignal stops the engine, unary too', async ({ sdk, tier, word }) => {
    await atTable(sdk, SLOW, async ({ house, client }) => {
      const leaving = new AbortController();
      const call = failure(client.chat.completions.create({ ...LONG, service_tier: word }, { signal: leaving.signal }));
      await until(() => house.engines[0]!.stats().generatedTokens > 3, 'the engine is at work');
      leaving.abort();
      expect(await call).toBeInstanceOf(sdk.errors.APIUserAbortError);
      await expectStopped(house, tier, 499);
    });
  });

  test.each(SDKS)('$name: a timeout of its own stops the engine', async (sdk) => {
    await atTable(sdk, SLOW, async ({ house, client }) => {
      // Too short to be stated in whole seconds, so the gateway cannot know.
      const error = await failure(client.chat.completions.create(LONG, { timeout: 300, maxRetries: 0 }));
      expect(error.constructor.name).toBe('APIConnectionTimeoutError');
      await expectStopped(house, 'standard', 499);
    });
  });

  test.each(SDKS)('$name: leaving the queue leaves nothing behind', async (sdk) => {
    await atTable(sdk, ONE_SLOT, async ({ house, client, hold }) => {
      const release = await hold();
      const leaving = new AbortController();
      const call = failure(client.chat.completions.create(LONG, { signal: leaving.signal }));
      await until(async () => readWaiting(await house.metrics()) === 1, 'it waits');
      leaving.abort();
      await call;
      await until(async () => readWaiting(await house.metrics()) === 0, 'it waits no more');
      await release();
      await untilQuiet(house);
      expect(house.engines[0]!.stats().generatedTokens).toBe(0);
      expect((await rowsOf(house)).map(({ outcome, cost_nano_usd: cost }) => [outcome, cost])).toEqual([
        ['cancelled', 0],
        ['cancelled', 0],
      ]);
    });
  });
});

function readWaiting(page: string): number {
  return total(readMetrics(page), 'offpeak_queue_depth');
}

/** The text of an answer, whole or in chunks. */
async function textOf(answer: unknown): Promise<string> {
  const parts: string[] = [];
  if (isIterable(answer)) {
    for await (const { choices } of answer) parts.push(choices[0]?.delta.content ?? '');
  } else {
    const { choices } = answer as { choices: readonly { message: { content: string } }[] };
    parts.push(choices[0]!.message.content);
  }
  return parts.join('');
}

function isIterable(
  answer: unknown,
): answer is AsyncIterable<{ choices: readonly { delta: { content?: string | null } }[] }> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}
