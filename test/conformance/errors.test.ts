import { createKey } from '@offpeak/gateway';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, total, readMetrics, Witness } from '../e2e/books.ts';
import { startHouse, until, withStore, type House } from '../e2e/harness.ts';
import { hold, whileFull } from '../e2e/occupy.ts';
import { SDKS, type ChatBody, type Client, type Sdk } from './sdks.ts';

/** Every refusal arrives as the SDK's own class, says what to do, and is retried by the SDK exactly where that can help. */

const ASK: ChatBody = { model: 'sim-8b', max_tokens: 4, messages: [{ role: 'user', content: 'Hello' }] };
const REQUEST_ID = /^req_[0-9a-z]+$/;

const witnesses: Witness[] = [];

interface Seat {
  readonly client: Client;
  /** Requests that the SDK sent, its own retries included. */
  attempts(): number;
}

function seat(sdk: Sdk, house: House, apiKey?: string): Seat {
  const witness = new Witness();
  witnesses.push(witness);
  const options = apiKey === undefined ? {} : { apiKey };
  return {
    client: sdk.connect(house.url + sdk.bases[0]!, { ...options, fetch: witness.fetch }),
    attempts: () => witness.attempts,
  };
}

async function failure(work: PromiseLike<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was expected to fail');
}

describe('open, with one slot', () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ engines: [{ slots: 1 }] });
  });
  afterAll(() => checked(house));

  describe.each(SDKS)('$name', (sdk) => {
    const { errors } = sdk;

    test('an unknown model is not found, and what is served is named', async () => {
      const { client, attempts } = seat(sdk, house);
      const error = await failure(client.chat.completions.create({ ...ASK, model: 'gpt-nothing' }));
      expect(error).toBeInstanceOf(errors.NotFoundError);
      expect(sdk.told(error)).toMatchObject({
        status: 404,
        code: 'model_not_found',
        type: 'invalid_request_error',
        param: 'model',
        requestId: expect.stringMatching(REQUEST_ID) as string,
      });
      expect(error.message).toContain('sim-8b');
      expect(await failure(client.models.retrieve('gpt-nothing'))).toBeInstanceOf(errors.NotFoundError);
      expect(attempts()).toBe(2);
    });

    test('an unknown tier is a bad request that names the words of this wire', async () => {
      const { client, attempts } = seat(sdk, house);
      const error = await failure(client.chat.completions.create({ ...ASK, service_tier: 'platinum' }));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(sdk.told(error)).toMatchObject({
        status: 400,
        code: 'invalid_value',
        param: 'service_tier',
        requestId: expect.stringMatching(REQUEST_ID) as string,
      });
      for (const word of Object.values(sdk.words)) expect(error.message).toContain(`'${word}'`);
      expect(attempts()).toBe(1);
    });

    test.each(['standard', 'flex'] as const)('what the engine refuses is told in its words, at %s', async (tier) => {
      const { client, attempts } = seat(sdk, house);
      const error = await failure(
        client.chat.completions.create({ ...ASK, service_tier: sdk.words[tier], temperature: 9 }),
      );
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(sdk.told(error)).toMatchObject({ status: 400, param: 'temperature' });
      expect(error.message).toContain('temperature');
      expect(attempts()).toBe(1);
    });

    test('an engine that answers garbage is a server error', async () => {
      house.engines[0]!.faults.inject({ kind: 'garbage' });
      const { client, attempts } = seat(sdk, house);
      const error = await failure(client.chat.completions.create(ASK, { maxRetries: 0 }));
      expect(error).toBeInstanceOf(errors.InternalServerError);
      expect(sdk.told(error)).toMatchObject({ status: 502, code: 'upstream_failed' });
      expect(error.message).not.toContain('html');
      expect(attempts()).toBe(1);
    });

    test('a stream that breaks after its first words throws, and is not sent again', async () => {
      house.engines[0]!.faults.inject({ kind: 'truncate', afterTokens: 2 });
      const { client, attempts } = seat(sdk, house);
      const stream = await client.chat.completions.create({ ...ASK, stream: true });
      let words = 0;
      const error = await failure(
        (async () => {
          for await (const { choices } of stream) if (choices[0]?.delta.content) words += 1;
        })(),
      );
      expect(words).toBe(2);
      expect(error).toBeInstanceOf(errors.APIError);
      expect(error.message).toContain('gpu-0');
      expect(attempts()).toBe(1);
    });

    test('flex without capacity is refused in the words of this wire, once, uncharged and with a hint', async () => {
      const { client, attempts } = seat(sdk, house);
      const error = await whileFull(house, () =>
        failure(
          client.chat.completions.create({ ...ASK, service_tier: 'flex' }, { headers: { 'offpeak-max-wait': '0' } }),
        ),
      );
      const told = sdk.told(error);
      if (sdk.wire === 'openai') {
        expect(error).toBeInstanceOf(errors.RateLimitError);
        expect(told).toMatchObject({ status: 429, code: 'flex_unavailable', type: 'resource_unavailable' });
      } else {
        // No class of its own: groq-sdk knows 498 by its number alone.
        expect(error.constructor).toBe(errors.APIError);
        expect(told).toMatchObject({ status: 498, code: 'capacity_exceeded' });
      }
      expect(told.requestId).toMatch(REQUEST_ID);
      expect(told.message).toContain('not charged');
      expect(told.headers.get('x-should-retry')).toBe('false');
      expect(Number(told.headers.get('retry-after-ms'))).toBeGreaterThan(0);
      expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(attempts()).toBe(1);
    });

    test('a streaming flex request without capacity gets a status, not a broken stream', async () => {
      const { client, attempts } = seat(sdk, house);
      const error = await whileFull(house, () =>
        failure(
          client.chat.completions.create(
            { ...ASK, service_tier: 'flex', stream: true },
            { headers: { 'offpeak-max-wait': '0' } },
          ),
        ),
      );
      expect(sdk.told(error).status).toBe(sdk.wire === 'openai' ? 429 : 498);
      expect(attempts()).toBe(1);
    });

    test('a header that makes no sense is named', async () => {
      const { client } = seat(sdk, house);
      const error = await failure(
        client.chat.completions.create(ASK, { headers: { 'offpeak-max-wait': 'soon' }, maxRetries: 0 }),
      );
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(error.message).toContain('offpeak-max-wait');
    });

    test('standard without capacity is tried again by the SDK, and served when there is some', async () => {
      const release = await hold(house);
      const before = await refusals(house);
      const { client, attempts } = seat(sdk, house);
      const answer = client.chat.completions.create(ASK, { headers: { 'offpeak-max-wait': '0' } }).withResponse();
      await until(async () => (await refusals(house)) === before + 1, 'it was refused once');
      await release();
      expect((await answer).data.usage.completion_tokens).toBe(4);
      expect(attempts()).toBe(2);
    });
  });
});

async function refusals(house: House): Promise<number> {
  return total(readMetrics(await house.metrics()), 'offpeak_requests_total', { outcome: 'refused' });
}

describe('with keys and limits', () => {
  const LIMITS = {
    few: '{ requestsPerMinute: 1 }',
    daily: '{ requestsPerDay: 1 }',
    paced: '{ tokensPerMinute: 60000 }',
    small: '{ tokensPerMinute: 100 }',
  } as const;
  /** Projects of its own for each SDK, so that limits are full at the start of each case. */
  const limited = Object.entries(LIMITS).flatMap(([name, limits]) =>
    SDKS.map((sdk) => ({ project: `${name}-${sdk.name}`, limits })),
  );
  const projects = limited.map(({ project, limits }) => `  - { name: ${project}, limits: { standard: ${limits} } }\n`);
  const keys = new Map<string, string>();

  let house: House;
  beforeAll(async () => {
    house = await startHouse({
      config: `auth: keys\nprojects:\n  - { name: capped, maxTier: standard }\n${projects.join('')}`,
    });
    await withStore(house.data, async (store) => {
      for (const project of ['capped', ...limited.map(({ project }) => project)]) {
        keys.set(project, (await createKey(store, project, { now: Date.now() })).key);
      }
    });
    const headers = { authorization: `Bearer ${[...keys.values()].at(-1)!}` };
    await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the keys are known');
  });
  afterAll(() => checked(house));

  function limitedSeat(sdk: Sdk, limits: keyof typeof LIMITS): Seat {
    return seat(sdk, house, keys.get(`${limits}-${sdk.name}`));
  }

  describe.each(SDKS)('$name', (sdk) => {
    const { errors } = sdk;

    test('a wrong key is refused once, a right one is served', async () => {
      const { client, attempts } = seat(sdk, house, 'op_wrong');
      const error = await failure(client.chat.completions.create(ASK));
      expect(error).toBeInstanceOf(errors.AuthenticationError);
      expect(sdk.told(error)).toMatchObject({
        status: 401,
        code: 'invalid_api_key',
        requestId: expect.stringMatching(REQUEST_ID) as string,
      });
      expect(error.message).not.toContain('op_wrong');
      expect(attempts()).toBe(1);
      const { client: good } = seat(sdk, house, keys.get('capped'));
      expect((await good.chat.completions.create(ASK)).usage.completion_tokens).toBe(4);
    });

    test('a tier above what the project may use is forbidden', async () => {
      const { client, attempts } = seat(sdk, house, keys.get('capped'));
      const error = await failure(client.chat.completions.create({ ...ASK, service_tier: sdk.words.priority }));
      expect(error).toBeInstanceOf(errors.PermissionDeniedError);
      expect(sdk.told(error)).toMatchObject({ status: 403, code: 'service_tier_not_allowed', param: 'service_tier' });
      expect(error.message).toContain(`'${sdk.words.standard}'`);
      expect(attempts()).toBe(1);
    });

    test('a used-up limit says which, how much, and when to come back', async () => {
      const { client, attempts } = limitedSeat(sdk, 'few');
      const { response } = await client.chat.completions.create(ASK).withResponse();
      expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1');
      expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0');
      const error = await failure(client.chat.completions.create(ASK, { maxRetries: 0 }));
      expect(error).toBeInstanceOf(errors.RateLimitError);
      const told = sdk.told(error);
      expect(told).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' });
      expect(told.requestId).toMatch(REQUEST_ID);
      expect(told.message).toContain('Limit 1, Used 1, Requested 1');
      const waitMs = Number(told.headers.get('retry-after-ms'));
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(60_000);
      expect(Number(told.headers.get('retry-after'))).toBe(Math.ceil(waitMs / 1_000));
      expect(told.headers.get('x-ratelimit-remaining-requests')).toBe('0');
      expect(told.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d/);
      expect(attempts()).toBe(2);
    });

    test('a limit that is soon free again is waited for by the SDK', async () => {
      const { client, attempts } = limitedSeat(sdk, 'paced');
      // Nearly all of the minute's tokens at once; a thousand come back each second.
      const large = { ...ASK, max_tokens: 59_900, ignore_eos: true, stream: true } as const;
      const running = await client.chat.completions.create(large);
      const answer = await client.chat.completions.create({ ...ASK, max_tokens: 300, ignore_eos: true });
      running.controller.abort();
      expect(answer.usage.completion_tokens).toBe(300);
      expect(attempts()).toBe(3);
    });

    test('a limit that frees up hours from now is not retried behind the caller', async () => {
      const { client, attempts } = limitedSeat(sdk, 'daily');
      await client.chat.completions.create(ASK);
      const error = await failure(client.chat.completions.create(ASK));
      expect(error).toBeInstanceOf(errors.RateLimitError);
      expect(sdk.told(error).headers.get('x-should-retry')).toBe('false');
      expect(attempts()).toBe(2);
    });

    test('a request larger than the limit itself is not retried', async () => {
      const { client, attempts } = limitedSeat(sdk, 'small');
      const error = await failure(client.chat.completions.create({ ...ASK, max_tokens: 200 }));
      const told = sdk.told(error);
      expect(told).toMatchObject({ status: sdk.wire === 'openai' ? 429 : 413, type: 'tokens' });
      expect(told.message).toContain('Waiting cannot help');
      expect(attempts()).toBe(1);
    });
  });
});

async function checked(house: House): Promise<void> {
  try {
    await checkBooks(house, ...witnesses.splice(0));
  } finally {
    await house.close();
  }
}
