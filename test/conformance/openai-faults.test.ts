import type OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total, Witness } from '../e2e/books.ts';
import { until } from '../e2e/harness.ts';
import { startHosted, type HostedHouse, type HostedOptions } from '../e2e/providers/hosted.ts';
import { ANTHROPIC_REFUSALS } from '../providers/anthropic/refusals.ts';
import { refuse, type Refusal } from '../providers/fault.ts';
import { OPENAI_REFUSALS } from '../providers/openai/refusals.ts';
import { failure } from './failure.ts';
import { ANTHROPIC_BACKEND, fakeOf, OPENAI_BACKEND, type Backend } from './openai-backends.ts';
import { MAJORS, wholeClient } from './responses-client.ts';
import type { OpenAiSdk } from './sdks.ts';

/** What goes wrong at a hosted provider, as the callers of OpenAI's SDKs see it: on both wires, forwarded and translated. */

interface Table {
  readonly house: HostedHouse;
  readonly fake: HostedHouse['openai'] | HostedHouse['anthropic'];
  readonly client: OpenAI;
  readonly witness: Witness;
}

/** A house of its own for each case: what a provider refuses stays in a lane's memory for a while. */
async function atTable(
  { sdk, backend }: Pick<Case, 'sdk' | 'backend'>,
  work: (table: Table) => Promise<void>,
  options: Omit<HostedOptions, 'providers'> = {},
): Promise<void> {
  const house = await startHosted({ ...options, providers: { [backend.provider]: '' } });
  const witness = new Witness();
  const fake = fakeOf(house, backend) as Table['fake'];
  try {
    await work({ house, fake, witness, client: wholeClient(sdk, `${house.url}/v1`, { fetch: witness.fetch }) });
    await checkBooks(house, witness);
    expect(fake.violations).toEqual([]);
  } finally {
    await house.close();
  }
}

interface Ask {
  readonly tier?: string;
  readonly options?: OpenAI.RequestOptions;
  readonly text?: string;
}

/** The same request on either wire: what it says in the end, and what of it was heard before it broke. */
interface Wire {
  readonly wire: string;
  unary(client: OpenAI, model: string, ask?: Ask): Promise<string>;
  streamed(client: OpenAI, model: string, ask?: Ask, heard?: string[]): Promise<string>;
}

const CHAT: Wire = {
  wire: 'chat',
  async unary(client, model, { tier, options = {}, text = 'over there' } = {}) {
    const body = { model, messages: [{ role: 'user' as const, content: text }], ...tierOf(tier) };
    return (await client.chat.completions.create(body, options)).choices[0]!.message.content!;
  },
  async streamed(client, model, { tier, options = {}, text = 'over there' } = {}, heard = []) {
    const messages = [{ role: 'user' as const, content: text }];
    const body = { model, messages, ...tierOf(tier), stream: true as const };
    for await (const { choices } of await client.chat.completions.create(body, options)) {
      if (choices[0]?.delta.content) heard.push(choices[0].delta.content);
    }
    return heard.join('');
  },
};

const RESPONSES: Wire = {
  wire: 'responses',
  async unary(client, model, { tier, options = {}, text = 'over there' } = {}) {
    return (await client.responses.create({ model, input: text, ...tierOf(tier) }, options)).output_text;
  },
  async streamed(client, model, { tier, options = {}, text = 'over there' } = {}, heard = []) {
    const body = { model, input: text, ...tierOf(tier), stream: true as const };
    for await (const event of await client.responses.create(body, options)) {
      if (event.type === 'response.output_text.delta') heard.push(event.delta);
    }
    return heard.join('');
  },
};

function tierOf(tier: string | undefined): { service_tier?: 'flex' } {
  return tier === undefined ? {} : { service_tier: tier as 'flex' };
}

interface Case {
  readonly sdk: OpenAiSdk;
  readonly backend: Backend;
  readonly on: Wire;
}

const [NEWER, OLDER] = MAJORS as [OpenAiSdk, OpenAiSdk];

/** Every two of SDK, wire and provider meet. */
const CASES = (
  [
    [NEWER, CHAT, OPENAI_BACKEND],
    [OLDER, RESPONSES, OPENAI_BACKEND],
    [NEWER, RESPONSES, ANTHROPIC_BACKEND],
    [OLDER, CHAT, ANTHROPIC_BACKEND],
  ] as const
).map(([sdk, on, backend]) => ({
  sdk,
  on,
  backend,
  model: backend.model,
  name: `${sdk.name}, ${on.wire} at ${backend.provider}`,
}));

/** The same refusal in each provider's words. */
const REFUSALS: Readonly<Record<'openai' | 'anthropic', Readonly<Record<string, Refusal>>>> = {
  openai: {
    tooLong: OPENAI_REFUSALS.contextTooLong,
    key: OPENAI_REFUSALS.invalidKey,
    money: OPENAI_REFUSALS.insufficientQuota,
    broken: OPENAI_REFUSALS.serverError,
    limited: OPENAI_REFUSALS.requestLimit,
  },
  anthropic: {
    tooLong: ANTHROPIC_REFUSALS.promptTooLong,
    key: ANTHROPIC_REFUSALS.invalidKey,
    money: ANTHROPIC_REFUSALS.billing,
    broken: ANTHROPIC_REFUSALS.apiError,
    limited: { ...ANTHROPIC_REFUSALS.rateLimit, headers: { 'retry-after': '0.2' } },
  },
};

function refusalOf({ provider }: Backend, what: string): Refusal {
  return REFUSALS[provider as 'openai' | 'anthropic'][what]!;
}

const WAYS = ['unary', 'streamed'] as const;

describe.concurrent.each(CASES)('$name', ({ sdk, backend, on, model }) => {
  const { errors } = sdk;

  test.each(WAYS)('what the provider finds wrong with a request is told in its words, %s', async (way) => {
    await atTable({ sdk, backend }, async ({ client, fake, witness }) => {
      fake.next(refuse(refusalOf(backend, 'tooLong')));
      const error = await failure(on[way](client, model));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(error.message).toMatch(/maximum/);
      expect(sdk.told(error).requestId).toMatch(/^req_/);
      if (backend.provider === 'openai') expect(sdk.told(error).code).toBe('context_length_exceeded');
      expect(witness.attempts).toBe(1);
    });
  });

  test('a key that is no good is nothing for the caller to see, or to try again', async () => {
    await atTable({ sdk, backend }, async ({ client, fake, witness, house }) => {
      fake.next(refuse(refusalOf(backend, 'key')));
      const error = await failure(on.unary(client.withOptions({ maxRetries: 2 }), model));
      expect(error).toBeInstanceOf(errors.InternalServerError);
      expect(sdk.told(error)).toMatchObject({ status: 502, code: 'upstream_credentials_rejected' });
      expect(error.message).not.toMatch(/sk-|x-api-key/);
      expect(witness.attempts).toBe(1);
      expect((await rowsOf(house))[0]).toMatchObject({ outcome: 'refused', cost_nano_usd: 0, status: 502 });
      // The next ones need not ask the provider.
      expect(sdk.told(await failure(on.streamed(client, model)))).toMatchObject({ status: 502 });
      expect(fake.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    });
  });

  test('an account without money is said, and not tried again', async () => {
    await atTable({ sdk, backend }, async ({ client, fake, witness }) => {
      fake.next(refuse(refusalOf(backend, 'money')));
      const error = await failure(on.unary(client.withOptions({ maxRetries: 2 }), model));
      expect(error).toBeInstanceOf(errors.InternalServerError);
      expect(sdk.told(error)).toMatchObject({ status: 503, code: 'upstream_quota_exhausted' });
      expect(witness.attempts).toBe(1);
    });
  });

  test('a limit that is soon over is waited for', async () => {
    await atTable({ sdk, backend }, async ({ client, fake, house, witness }) => {
      fake.next(refuse(refusalOf(backend, 'limited')));
      expect(await on.unary(client, model)).toBe('echo: over there');
      expect(fake.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
      expect(witness.attempts).toBe(1);
      const [row] = await rowsOf(house);
      expect(row!.wait_ms).toBeGreaterThan(50);
      expect(row).toMatchObject({ outcome: 'completed', served_tier: 'standard' });
    });
  });

  test('a failure of the provider is tried again here, and told when it stays', async () => {
    await atTable({ sdk, backend }, async ({ client, fake, house }) => {
      fake.next(refuse(refusalOf(backend, 'broken')));
      expect(await on.streamed(client, model)).toBe('echo: over there');
      fake.always(refuse(refusalOf(backend, 'broken')));
      const error = await failure(on.unary(client, model));
      expect(error).toBeInstanceOf(errors.InternalServerError);
      expect(sdk.told(error)).toMatchObject({ status: 502, code: 'upstream_failed' });
      expect(error.message).toContain(backend.provider);
      expect((await rowsOf(house)).map(({ outcome }) => outcome)).toEqual(['completed', 'failed']);
    });
  });

  test.each(['error-event', 'die', 'truncate'] as const)('a stream that breaks throws, by %s', async (kind) => {
    await atTable({ sdk, backend }, async ({ client, fake, witness, house }) => {
      const afterEvents = backend.provider === 'anthropic' ? 4 : on.wire === 'chat' ? 3 : 6;
      fake.next(
        kind === 'error-event' ? { kind, afterEvents, refusal: refusalOf(backend, 'broken') } : { kind, afterEvents },
      );
      const heard: string[] = [];
      const error = await failure(on.streamed(client, model, { text: 'one two three four' }, heard));
      expect(error).toBeInstanceOf(errors.APIError);
      expect(error.message).toContain(backend.provider);
      expect(heard.length).toBeGreaterThan(0);
      expect('echo: one two three four').toContain(heard.join(''));
      // Nothing is sent again behind a caller who has heard some of it.
      expect(witness.attempts).toBe(1);
      expect(fake.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
      expect((await rowsOf(house))[0]).toMatchObject({ outcome: 'failed', status: 200, cost_nano_usd: 0 });
    });
  });

  test.each(WAYS)('who leaves is seen to leave by the provider, %s', async (way) => {
    await atTable({ sdk, backend }, async ({ client, fake, house }) => {
      fake.next({ kind: 'hang' });
      const leaving = new AbortController();
      const call = failure(on[way](client, model, { options: { signal: leaving.signal } }));
      await until(() => fake.requests.some(({ method }) => method === 'POST'), 'the provider has it');
      leaving.abort();
      expect(await call).toBeInstanceOf(errors.APIUserAbortError);
      await until(() => fake.last().aborted, 'the provider sees it');
      const [row] = await rowsOf(house);
      expect(row).toMatchObject({ outcome: 'cancelled' });
    });
  });

  test('breaking out of a stream is leaving, too', async () => {
    await atTable({ sdk, backend }, async ({ client, fake, house }) => {
      fake.next({ kind: 'stall', afterEvents: 8 });
      const body = { model, stream: true as const };
      const text = Array.from({ length: 20 }, (_, index) => `word${index}`).join(' ');
      if (on.wire === 'chat') {
        const stream = await client.chat.completions.create({ ...body, messages: [{ role: 'user', content: text }] });
        for await (const { choices } of stream) if (choices[0]?.delta.content) break;
      } else {
        const stream = await client.responses.create({ ...body, input: text });
        for await (const { type } of stream) if (type === 'response.output_text.delta') break;
      }
      await until(() => fake.last().aborted, 'the provider sees it');
      const [row] = await rowsOf(house);
      expect(row).toMatchObject({ outcome: 'cancelled', status: 200 });
      // What was heard was served, and is owed.
      expect(row!.output_tokens).toBeGreaterThan(0);
    });
  });
});

/** The shortest that an SDK can state: it counts whole seconds. */
const TIMEOUT_MS = 2_000;

function waiting(page: string): number {
  return total(readMetrics(page), 'offpeak_queue_depth');
}

describe.concurrent('a client whose timeout is shorter than its provider is slow', () => {
  // openai 7 counts the body of a unary answer too, so that nothing sent early would keep it.
  const SLOW = CASES.flatMap((entry) =>
    WAYS.filter((way) => way === 'streamed' || entry.sdk === OLDER).map((way) => ({ ...entry, way })),
  );

  test.each(SLOW)('$name, $way: is kept alive, and gets its answer', async ({ sdk, backend, on, model, way }) => {
    await atTable({ sdk, backend }, async ({ client, fake, witness }) => {
      let answer = (): void => undefined;
      fake.next({
        kind: 'wait',
        until: new Promise<void>((resolve) => {
          answer = resolve;
        }),
      });
      const call = on[way](client, model, { options: { timeout: TIMEOUT_MS } });
      await until(() => witness.seen.length === 1, 'the answer was begun while the provider thinks');
      expect(witness.seen[0]!.status).toBe(200);
      answer();
      expect(await call).toBe('echo: over there');
      expect(witness.attempts).toBe(1);
    });
  });

  test.each(CASES.filter(({ backend }) => backend === OPENAI_BACKEND))(
    '$name: is told in the stream when it turns out that there is no room',
    async ({ sdk, backend, on, model }) => {
      await atTable({ sdk, backend }, async ({ client, fake, witness, house }) => {
        const soon = { 'retry-after-ms': '1900' };
        fake.next(refuse({ ...OPENAI_REFUSALS.flexUnavailable, headers: soon }));
        fake.next(refuse(OPENAI_REFUSALS.flexUnavailable));
        const call = failure(
          on.streamed(client, model, {
            tier: 'flex',
            options: { timeout: TIMEOUT_MS, maxRetries: 2, headers: { 'offpeak-max-wait': '1m' } },
          }),
        );
        await until(async () => waiting(await house.metrics()) === 1, 'it waits for the lane');
        const error = await call;
        expect(error).toBeInstanceOf(sdk.errors.APIError);
        expect(error.message).toContain('flex');
        expect(witness.attempts).toBe(1);
        expect(witness.seen[0]!.status).toBe(200);
        const [row] = await rowsOf(house);
        expect(row).toMatchObject({ outcome: 'refused', status: 200, cost_nano_usd: 0, served_tier: 'flex' });
      });
    },
  );
});

describe.concurrent.each(CASES.filter(({ backend }) => backend === OPENAI_BACKEND))(
  '$name',
  ({ sdk, backend, on, model }) => {
    test.each(WAYS)('flex without capacity at the provider is waited for, %s', async (way) => {
      await atTable({ sdk, backend }, async ({ client, fake, house }) => {
        fake.next(refuse({ ...OPENAI_REFUSALS.flexUnavailable, headers: {} }));
        expect(await on[way](client, model, { tier: 'flex' })).toBe('echo: over there');
        expect((await rowsOf(house))[0]).toMatchObject({ served_tier: 'flex', outcome: 'completed' });
        expect(fake.last().body).toMatchObject({ service_tier: 'flex' });
      });
    });

    test.each(WAYS)('and refused when the wait would be too long, %s', async (way) => {
      await atTable({ sdk, backend }, async ({ client, fake, witness }) => {
        fake.next(refuse(OPENAI_REFUSALS.flexUnavailable));
        const headers = { 'offpeak-max-wait': '1m' };
        const error = await failure(
          on[way](client.withOptions({ maxRetries: 2 }), model, { tier: 'flex', options: { headers } }),
        );
        expect(error).toBeInstanceOf(sdk.errors.RateLimitError);
        const told = sdk.told(error);
        expect(told).toMatchObject({ status: 429, code: 'flex_unavailable' });
        expect(Number(told.headers.get('retry-after'))).toBeGreaterThanOrEqual(300);
        expect(witness.attempts).toBe(1);
      });
    });
  },
);
