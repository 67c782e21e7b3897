import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total, untilQuiet, Witness } from '../e2e/books.ts';
import { startHouse, until, type House, type HouseOptions } from '../e2e/harness.ts';
import { hold } from '../e2e/occupy.ts';
import { ANTHROPIC_REFUSALS } from '../providers/anthropic/refusals.ts';
import { refuse } from '../providers/fault.ts';
import { FORWARDED, OWN, startAnthropicHouse, TRANSLATED, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_SDKS, type AnthropicSdk } from './anthropic-sdks.ts';
import { failure } from './failure.ts';

/** Clients of Anthropic's wire that would not wait as long as their tier does, and clients that leave. */

const ASK = { model: OWN.model, max_tokens: 8, messages: [{ role: 'user' as const, content: 'Hello' }] };
/** The shortest that an SDK can state: it counts whole seconds. Its default of ten minutes and Node's of five, in small. */
const TIMEOUT_MS = 2_000;

interface Table<H extends House> {
  readonly house: H;
  readonly client: Anthropic;
  readonly witness: Witness;
  /** Takes the slot until the function that it returns is called, or the case is over. */
  readonly hold: () => Promise<() => Promise<void>>;
}

/** A house of its own for each case, so that all of them can wait at the same time. */
async function atTable<H extends House>(
  sdk: AnthropicSdk,
  starting: Promise<H>,
  work: (table: Table<H>) => Promise<void>,
): Promise<void> {
  const house = await starting;
  const witness = new Witness();
  const client = sdk.connect(house.url, { fetch: witness.fetch });
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

const ONE_SLOT: HouseOptions = { engines: [{ slots: 1 }] };

function waitingIn(page: string): number {
  return total(readMetrics(page), 'offpeak_queue_depth');
}

function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

const BOTH_WAYS = ANTHROPIC_SDKS.flatMap((sdk) => [false, true].map((stream) => ({ sdk, name: sdk.name, stream })));

describe.concurrent('a client whose timeout is shorter than its tier is patient', () => {
  test.each(BOTH_WAYS)('$name, stream $stream: is kept by a commit, and gets its answer', async ({ sdk, stream }) => {
    await atTable(sdk, startHouse(ONE_SLOT), async ({ house, client, witness, hold: holdSlot }) => {
      const text = textOf(await client.messages.create(ASK));
      const release = await holdSlot();
      const call = stream
        ? client.messages.stream(ASK, { timeout: TIMEOUT_MS }).finalMessage()
        : Promise.resolve(client.messages.create(ASK, { timeout: TIMEOUT_MS }));
      await until(() => witness.seen.length === 2, 'the answer was begun while it waited');
      expect(waitingIn(await house.metrics())).toBe(1);
      await release();
      expect(textOf(await call)).toBe(text);
      expect(witness.attempts).toBe(2);
      const row = (await rowsOf(house)).find(({ id }) => id === witness.seen[1]!.id);
      expect(row).toMatchObject({ outcome: 'completed', status: 200, served_tier: 'standard' });
    });
  });

  test.each(BOTH_WAYS)('$name, stream $stream: a failure after the commit is told all the same', async (wait) => {
    const starting = startHouse({ ...ONE_SLOT, config: 'tiers: { standard: { patience: 2500ms } }' });
    await atTable(wait.sdk, starting, async ({ house, client, witness, hold: holdSlot }) => {
      const release = await holdSlot();
      if (wait.stream) {
        const error = await failure(client.messages.stream(ASK, { timeout: TIMEOUT_MS }).finalMessage());
        expect(error).toBeInstanceOf(wait.sdk.errors.APIError);
        expect((error as InstanceType<typeof Anthropic.APIError>).type).toBe('overloaded_error');
        expect(error.message).toContain('in use');
      } else {
        // The status was said before: what the SDK hands over as the message is the error, and nobody can take it for an answer.
        const body: unknown = await client.messages.create(ASK, { timeout: TIMEOUT_MS });
        expect(body).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
        expect(body).not.toHaveProperty('content');
      }
      await release();
      expect(witness.attempts).toBe(1);
      const row = (await rowsOf(house)).find(({ id }) => id === witness.seen[0]!.id);
      expect(row).toMatchObject({ outcome: 'refused', status: 200, cost_nano_usd: 0 });
    });
  });
});

describe.concurrent('a client that leaves', () => {
  /** Slow enough that no answer ends before its client has left. */
  const SLOW: HouseOptions = { engines: [{ slots: 1, speed: 1 }] };
  const LONG = { ...ASK, max_tokens: 2_000 };

  async function expectStopped(house: House, tier: string, status: number): Promise<void> {
    await until(() => {
      const { runningRequests, waitingRequests, abortedRequests } = house.engines[0]!.stats();
      return runningRequests + waitingRequests === 0 && abortedRequests === 1;
    }, 'the engine has stopped its work');
    const rows = await rowsOf(house);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ dialect: 'anthropic', outcome: 'cancelled', served_tier: tier, status });
    expect(rows[0]!.output_tokens).toBeLessThan(2_000);
  }

  const CASES = ANTHROPIC_SDKS.flatMap((sdk) => ['standard', 'flex'].map((tier) => ({ sdk, name: sdk.name, tier })));

  test.each(CASES)('$name, $tier: breaking out of a stream stops the engine', async ({ sdk, tier }) => {
    await atTable(sdk, startHouse(SLOW), async ({ house, client, witness }) => {
      const stream = await client.messages.create({ ...LONG, stream: true }, { headers: { 'offpeak-tier': tier } });
      let events = 0;
      for await (const _event of stream) if (++events === 6) break;
      await expectStopped(house, tier, 200);
      expect(witness.attempts).toBe(1);
      // What it had read by then was served, and is owed.
      const [row] = await rowsOf(house);
      expect(row!.output_tokens).toBeGreaterThan(0);
      expect(row!.cost_nano_usd).toBeGreaterThan(0);
    });
  });

  test.each(CASES)('$name, $tier: an AbortSignal stops the engine, unary too', async ({ sdk, tier }) => {
    await atTable(sdk, startHouse(SLOW), async ({ house, client }) => {
      const leaving = new AbortController();
      const options = { signal: leaving.signal, headers: { 'offpeak-tier': tier } };
      const call = failure(client.messages.create(LONG, options));
      await until(() => house.engines[0]!.stats().generatedTokens > 3, 'the engine is at work');
      leaving.abort();
      expect(await call).toBeInstanceOf(sdk.errors.APIUserAbortError);
      await expectStopped(house, tier, 499);
    });
  });

  test.each(ANTHROPIC_SDKS)('$name: the helper of the stream can be told to stop', async (sdk) => {
    await atTable(sdk, startHouse(SLOW), async ({ house, client }) => {
      const stream = client.messages.stream(LONG);
      stream.on('text', () => {
        stream.abort();
      });
      expect(await failure(stream.done())).toBeInstanceOf(sdk.errors.APIUserAbortError);
      await expectStopped(house, 'standard', 200);
    });
  });

  test.each(ANTHROPIC_SDKS)('$name: a timeout of its own stops the engine', async (sdk) => {
    await atTable(sdk, startHouse(SLOW), async ({ house, client }) => {
      // Too short to be stated in whole seconds, so the gateway cannot know.
      const error = await failure(client.messages.create(LONG, { timeout: 300, maxRetries: 0 }));
      expect(error).toBeInstanceOf(sdk.errors.APIConnectionTimeoutError);
      await expectStopped(house, 'standard', 499);
    });
  });

  test.each(ANTHROPIC_SDKS)('$name: leaving the queue leaves nothing behind', async (sdk) => {
    await atTable(sdk, startHouse(ONE_SLOT), async ({ house, client, hold: holdSlot }) => {
      const release = await holdSlot();
      const leaving = new AbortController();
      const call = failure(client.messages.create(LONG, { signal: leaving.signal }));
      await until(async () => waitingIn(await house.metrics()) === 1, 'it waits');
      leaving.abort();
      await call;
      await until(async () => waitingIn(await house.metrics()) === 0, 'it waits no more');
      await release();
      await untilQuiet(house);
      expect(house.engines[0]!.stats().generatedTokens).toBe(0);
    });
  });

  const PROVIDERS = ANTHROPIC_SDKS.flatMap((sdk) =>
    [FORWARDED, TRANSLATED].map((backend) => ({ sdk, name: `${sdk.name}, ${backend.name}`, backend })),
  );

  test.each(PROVIDERS)('$name: the request to the provider is broken off', async ({ sdk, backend }) => {
    await atTable(sdk, startAnthropicHouse(), async ({ house, client }) => {
      const fake = fakeOf(house, backend.upstream);
      const leaving = new AbortController();
      fake.next({ kind: 'hang' });
      const call = failure(client.messages.create({ ...ASK, model: backend.model }, { signal: leaving.signal }));
      await until(() => fake.requests.some(({ method }) => method === 'POST'), 'the provider was asked');
      leaving.abort();
      expect(await call).toBeInstanceOf(sdk.errors.APIUserAbortError);
      await until(() => fake.last().aborted, 'the provider saw it');
      fake.next({ kind: 'stall', afterEvents: 5 });
      const stream = await client.messages.create({ ...ASK, model: backend.model, stream: true });
      for await (const event of stream) if (event.type === 'content_block_delta') break;
      await until(() => fake.last().aborted, 'the provider saw that, too');
      const rows = await rowsOf(house);
      expect(rows.map(({ outcome, status }) => [outcome, status])).toEqual([
        ['cancelled', 499],
        ['cancelled', 200],
      ]);
    });
  });
});

describe.concurrent('a provider that is slow', () => {
  test.each(ANTHROPIC_SDKS)('$name: a client is kept while the provider thinks', async (sdk) => {
    await atTable(sdk, startAnthropicHouse(), async ({ house, client, witness }) => {
      const thought = Promise.withResolvers<undefined>();
      house.anthropic.next({ kind: 'wait', until: thought.promise });
      const call = Promise.resolve(client.messages.create({ ...ASK, model: FORWARDED.model }, { timeout: TIMEOUT_MS }));
      await until(() => witness.seen.length === 1, 'the answer was begun while the provider had said nothing');
      thought.resolve(undefined);
      expect(textOf(await call)).toBe('echo: Hello');
      expect(witness.attempts).toBe(1);
    });
  });

  test.each(ANTHROPIC_SDKS)("$name: a provider's refusals are waited out, and the client waits once", async (sdk) => {
    await atTable(sdk, startAnthropicHouse(), async ({ house, client, witness }) => {
      house.anthropic.next(refuse(ANTHROPIC_REFUSALS.overloaded, { 'retry-after': '1' }));
      const message = await client.messages.create({ ...ASK, model: FORWARDED.model });
      expect(textOf(message)).toBe('echo: Hello');
      expect(witness.attempts).toBe(1);
      expect(house.anthropic.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
    });
  });
});

function fakeOf(house: AnthropicHouse, upstream: string): AnthropicHouse['anthropic'] | AnthropicHouse['openai'] {
  return upstream === FORWARDED.upstream ? house.anthropic : house.openai;
}
