import type Anthropic from '@anthropic-ai/sdk';
import { createKey } from '@offpeak/gateway';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, total, Witness } from '../e2e/books.ts';
import { startHouse, until, withStore, type House } from '../e2e/harness.ts';
import { hold, whileFull } from '../e2e/occupy.ts';
import { ANTHROPIC_REFUSALS } from '../providers/anthropic/refusals.ts';
import { refuse } from '../providers/fault.ts';
import { OPENAI_REFUSALS } from '../providers/openai/refusals.ts';
import { collect } from '../providers/until.ts';
import { BACKENDS, FORWARDED, OWN, startAnthropicHouse, TRANSLATED, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_SDKS, told, type AnthropicSdk, type ClientOptions } from './anthropic-sdks.ts';
import { failure } from './failure.ts';

/** Every refusal arrives as the SDK's own class, says what to do, and is retried by the SDK exactly where that can help. */

const ASK = { model: OWN.model, max_tokens: 4, messages: [{ role: 'user' as const, content: 'Hello' }] };
const REQUEST_ID = expect.stringMatching(/^req_[0-9a-z]+$/) as string;
const ONCE = { maxRetries: 0 };

const witnesses: Witness[] = [];

interface Seat {
  readonly client: Anthropic;
  /** Requests that the SDK sent, its own retries included. */
  attempts(): number;
}

function seat(sdk: AnthropicSdk, house: House, options: ClientOptions = {}): Seat {
  const witness = new Witness();
  witnesses.push(witness);
  return { client: sdk.connect(house.url, { ...options, fetch: witness.fetch }), attempts: () => witness.attempts };
}

async function checked(house: House): Promise<void> {
  try {
    await checkBooks(house, ...witnesses.splice(0));
  } finally {
    await house.close();
  }
}

describe('open, with one slot', () => {
  let house: AnthropicHouse;
  beforeAll(async () => {
    house = await startAnthropicHouse({ engines: [{ slots: 1 }], config: 'server: { bodyMax: 64KiB }' });
  });
  beforeEach(() => {
    house.anthropic.reset();
    house.openai.reset();
  });
  afterAll(() => checked(house));

  describe.each(ANTHROPIC_SDKS)('$name', (sdk) => {
    const { errors } = sdk;

    test('an unknown model is not found, and what is served is named', async () => {
      const { client, attempts } = seat(sdk, house);
      const error = await failure(client.messages.create({ ...ASK, model: 'claude-nothing' }));
      expect(error).toBeInstanceOf(errors.NotFoundError);
      expect(told(error)).toMatchObject({
        status: 404,
        type: 'not_found_error',
        code: 'model_not_found',
        param: 'model',
        requestId: REQUEST_ID,
      });
      expect(error.message).toContain('sim-8b');
      expect(await failure(client.models.retrieve('claude-nothing'))).toBeInstanceOf(errors.NotFoundError);
      const counted = client.messages.countTokens({ model: 'claude-nothing', messages: ASK.messages });
      expect(await failure(counted)).toBeInstanceOf(errors.NotFoundError);
      expect(attempts()).toBe(3);
    });

    test('what is not served here is not found, in the words of the wire', async () => {
      const { client } = seat(sdk, house);
      const error = await failure(client.messages.batches.list());
      expect(error).toBeInstanceOf(errors.NotFoundError);
      expect(told(error)).toMatchObject({ status: 404, type: 'not_found_error', requestId: REQUEST_ID });
    });

    test.each(BACKENDS)('$name: a member that is missing is named', async ({ model }) => {
      const { client, attempts } = seat(sdk, house);
      const { max_tokens: _, ...unbounded } = { ...ASK, model };
      const error = await failure(client.messages.create(unbounded as typeof ASK));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(told(error)).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'max_tokens' });
      expect(error.message).toContain('max_tokens');
      expect(attempts()).toBe(1);
    });

    test.each(BACKENDS)('$name: a member deep inside is named by its path', async ({ model }) => {
      const { client } = seat(sdk, house);
      const content = [{ type: 'video', source: {} }] as unknown as Anthropic.ContentBlockParam[];
      const error = await failure(client.messages.create({ ...ASK, model, messages: [{ role: 'user', content }] }));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      // Anthropic says it in its own way.
      expect(error.message).toContain(
        model === FORWARDED.model ? 'messages.0.content.0' : 'messages[0].content[0].type',
      );
    });

    test('what only Anthropic has is refused before anything is sent elsewhere', async () => {
      const { client } = seat(sdk, house);
      const search = { type: 'web_search_20250305', name: 'web_search' } as const;
      for (const model of [OWN.model, TRANSLATED.model]) {
        const error = await failure(client.messages.create({ ...ASK, model, tools: [search] }));
        expect(error).toBeInstanceOf(errors.BadRequestError);
        expect(told(error)).toMatchObject({ code: 'unsupported_value', param: 'tools[0].type' });
      }
      expect(house.openai.requests).toEqual([]);
    });

    test.each(['standard', 'flex'])('what the engine refuses is told in its words, at %s', async (tier) => {
      const { client, attempts } = seat(sdk, house);
      const hot = { ...ASK, temperature: 9 };
      const error = await failure(client.messages.create(hot, { headers: { 'offpeak-tier': tier } }));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(told(error)).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'temperature' });
      expect(error.message).toContain('temperature');
      expect(attempts()).toBe(1);
    });

    test('a body that is too large is told so', async () => {
      const { client, attempts } = seat(sdk, house);
      const large = { ...ASK, system: 'x'.repeat(70_000) };
      const error = await failure(client.messages.create(large));
      expect(error).toBeInstanceOf(sdk.tooLarge);
      expect(told(error)).toMatchObject({ status: 413, type: 'request_too_large', requestId: REQUEST_ID });
      expect(attempts()).toBe(1);
    });

    test('a header that makes no sense is named', async () => {
      const { client } = seat(sdk, house);
      const error = await failure(client.messages.create(ASK, { headers: { 'offpeak-max-wait': 'soon' } }));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(error.message).toContain('offpeak-max-wait');
    });

    test('an engine that answers garbage is a server error', async () => {
      house.engines[0]!.faults.inject({ kind: 'garbage' });
      const { client } = seat(sdk, house);
      const error = await failure(client.messages.create(ASK, ONCE));
      expect(error).toBeInstanceOf(errors.InternalServerError);
      expect(told(error)).toMatchObject({ status: 502, type: 'api_error', code: 'upstream_failed' });
      expect(error.message).not.toContain('html');
    });

    test.each(['flex', 'flex, streamed'])(
      '%s, without capacity is refused once, uncharged and with a hint',
      async (way) => {
        const { client, attempts } = seat(sdk, house);
        const options = { headers: { 'offpeak-tier': 'flex', 'offpeak-max-wait': '0' } };
        const error = await whileFull(house, () =>
          failure(client.messages.create({ ...ASK, stream: way !== 'flex' }, options)),
        );
        expect(error).toBeInstanceOf(sdk.overloaded);
        expect(error).toBeInstanceOf(errors.InternalServerError);
        const { headers, message, ...rest } = told(error);
        expect(rest).toMatchObject({
          status: 529,
          code: 'flex_unavailable',
          requestId: REQUEST_ID,
        });
        expect(message).toContain('not charged');
        expect(message).toContain("'standard_only'");
        expect(headers.get('x-should-retry')).toBe('false');
        expect(Number(headers.get('retry-after-ms'))).toBeGreaterThan(0);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        expect(attempts()).toBe(1);
      },
    );

    test('standard without capacity is tried again by the SDK, and served when there is some', async () => {
      const release = await hold(house);
      const before = await refusals(house);
      const { client, attempts } = seat(sdk, house);
      const answer = client.messages.create(ASK, { headers: { 'offpeak-max-wait': '0' } });
      const served = Promise.resolve(answer);
      await until(async () => (await refusals(house)) === before + 1, 'it was refused once');
      await release();
      expect((await served).usage.output_tokens).toBe(4);
      expect(attempts()).toBe(2);
    });

    // A provider that turned a request away is left alone for a while, at that model: each case has one of its own.
    describe.each([
      {
        ...FORWARDED,
        models: [
          'claude-sonnet-4-6',
          'claude-opus-4-8',
          'claude-sonnet-5',
          'claude-opus-5',
          'claude-sonnet-5-5',
          'claude-opus-5-5',
        ],
        fakeOf: () => house.anthropic,
        limited: ANTHROPIC_REFUSALS.rateLimit,
        spent: ANTHROPIC_REFUSALS.spendLimit,
        wrongKey: ANTHROPIC_REFUSALS.invalidKey,
        tooLong: ANTHROPIC_REFUSALS.promptTooLong,
        failed: ANTHROPIC_REFUSALS.apiError,
      },
      {
        ...TRANSLATED,
        models: ['gpt-4o-mini', 'gpt-4.1', 'gpt-5.5', 'gpt-5.4', 'gpt-6-sol', 'gpt-6-luna'],
        fakeOf: () => house.openai,
        limited: OPENAI_REFUSALS.tokenLimit,
        spent: OPENAI_REFUSALS.insufficientQuota,
        wrongKey: OPENAI_REFUSALS.invalidKey,
        tooLong: OPENAI_REFUSALS.contextTooLong,
        failed: OPENAI_REFUSALS.serverError,
      },
    ])('$name', ({ model, models, fakeOf, limited, spent, wrongKey, tooLong, failed }) => {
      const ask = { ...ASK, model };
      const asking = (nth: number): typeof ASK => ({ ...ASK, model: models[2 * nth + ANTHROPIC_SDKS.indexOf(sdk)]! });
      const now = { headers: { 'offpeak-max-wait': '0' } };

      test('an account of the operator that is at its limit is capacity that is in use', async () => {
        fakeOf().next(refuse(limited));
        const { client } = seat(sdk, house);
        const error = await failure(client.messages.create(asking(0), { ...ONCE, ...now }));
        expect(error).toBeInstanceOf(sdk.overloaded);
        expect(told(error)).toMatchObject({ status: 529, type: 'overloaded_error', code: 'capacity_contended' });
        expect(Number(told(error).headers.get('retry-after'))).toBeGreaterThan(0);
      });

      test('an account that has nothing left is not asked again', async () => {
        fakeOf().next(refuse(spent));
        const { client, attempts } = seat(sdk, house);
        const error = await failure(client.messages.create(asking(1), now));
        expect(error).toBeInstanceOf(errors.InternalServerError);
        expect(told(error)).toMatchObject({ status: 503, type: 'api_error', code: 'upstream_quota_exhausted' });
        expect(attempts()).toBe(1);
      });

      test("a key of the operator's that is refused is not told as the client's", async () => {
        fakeOf().next(refuse(wrongKey));
        const { client, attempts } = seat(sdk, house);
        const error = await failure(client.messages.create(asking(2), now));
        expect(error).toBeInstanceOf(errors.InternalServerError);
        expect(told(error)).toMatchObject({ status: 502, code: 'upstream_credentials_rejected' });
        expect(error.message).not.toMatch(/sk-/);
        expect(attempts()).toBe(1);
      });

      test('a prompt that is too long is told in the words of the provider', async () => {
        fakeOf().next(refuse(tooLong));
        const { client, attempts } = seat(sdk, house);
        const error = await failure(client.messages.create(ask));
        expect(error).toBeInstanceOf(errors.BadRequestError);
        expect(error.message).toMatch(/prompt is too long|maximum context length/);
        expect(attempts()).toBe(1);
      });

      test('a failure of the provider is tried again here, and the client notices nothing', async () => {
        fakeOf().next(refuse(failed));
        const { client, attempts } = seat(sdk, house);
        expect((await client.messages.create(ask)).content).toMatchObject([{ text: 'echo: Hello' }]);
        expect(attempts()).toBe(1);
        expect(fakeOf().requests).toHaveLength(2);
      });
    });

    test('a provider that is overloaded before its first word is asked again', async () => {
      house.anthropic.next({ kind: 'error-event', afterEvents: 0, refusal: ANTHROPIC_REFUSALS.overloaded });
      const { client, attempts } = seat(sdk, house);
      const message = await client.messages.stream({ ...ASK, model: FORWARDED.model }).finalMessage();
      expect(message.content).toMatchObject([{ text: 'echo: Hello' }]);
      expect(attempts()).toBe(1);
      expect(house.anthropic.requests).toHaveLength(2);
    });

    test.each([
      {
        ...OWN,
        breaks: () => house.engines[0]!.faults.inject({ kind: 'truncate', afterTokens: 2 }),
      },
      {
        ...FORWARDED,
        breaks: () =>
          house.anthropic.next({ kind: 'error-event', afterEvents: 5, refusal: ANTHROPIC_REFUSALS.overloaded }),
      },
      {
        ...TRANSLATED,
        breaks: () => house.openai.next({ kind: 'error-event', afterEvents: 3, refusal: OPENAI_REFUSALS.serverError }),
      },
    ])('$name: a stream that breaks after its first words throws, and is not sent again', async (broken) => {
      broken.breaks();
      const { client, attempts } = seat(sdk, house);
      const ask = { ...ASK, model: broken.model, max_tokens: 20 };
      const stream = await client.messages.create({ ...ask, stream: true });
      let words = 0;
      const error = await failure(
        (async () => {
          for await (const event of stream) if (event.type === 'content_block_delta') words += 1;
        })(),
      );
      expect(words).toBe(2);
      expect(error).toBeInstanceOf(errors.APIError);
      expect(told(error)).toMatchObject({ type: 'api_error', code: 'upstream_failed', requestId: REQUEST_ID });
      expect(error.message).toContain(broken.upstream);
      expect(attempts()).toBe(1);
      broken.breaks();
      expect(await failure(client.messages.stream(ask).finalMessage())).toBeInstanceOf(errors.APIError);
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
    both: '{ requestsPerMinute: 100, tokensPerMinute: 60000 }',
    daily: '{ requestsPerDay: 1 }',
    small: '{ tokensPerMinute: 100 }',
  } as const;
  /** Projects of its own for each SDK, so that limits are full at the start of each case. */
  const limited = Object.entries(LIMITS).flatMap(([name, limits]) =>
    ANTHROPIC_SDKS.map((sdk) => ({ project: `${name}-${sdk.name}`, limits })),
  );
  const keys = new Map<string, string>();

  let house: House;
  beforeAll(async () => {
    const lines = limited.map(({ project, limits }) => `  - { name: ${project}, limits: { standard: ${limits} } }\n`);
    house = await startHouse({ config: `auth: keys\nprojects:\n  - { name: plain }\n${lines.join('')}` });
    await withStore(house.data, async (store) => {
      for (const project of ['plain', ...limited.map((entry) => entry.project)]) {
        keys.set(project, (await createKey(store, project, { now: Date.now() })).key);
      }
    });
    const headers = { authorization: `Bearer ${[...keys.values()].at(-1)!}` };
    await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the keys are known');
  });
  afterAll(() => checked(house));

  describe.each(ANTHROPIC_SDKS)('$name', (sdk) => {
    const { errors } = sdk;
    const limitedSeat = (limits: keyof typeof LIMITS): Seat =>
      seat(sdk, house, { apiKey: keys.get(`${limits}-${sdk.name}`)! });

    test.each(['apiKey', 'authToken'] as const)('a key as %s is served', async (option) => {
      const key = keys.get('plain')!;
      const { client } = seat(sdk, house, { apiKey: null, [option]: key });
      expect((await client.messages.create(ASK)).usage.output_tokens).toBe(4);
      expect((await collect(client.models.list())).map(({ id }) => id)).toEqual(['sim-8b']);
      expect(await client.messages.countTokens({ model: OWN.model, messages: ASK.messages })).toMatchObject({
        input_tokens: expect.any(Number) as number,
      });
    });

    test.each(['apiKey', 'authToken'] as const)('a wrong key as %s is refused once', async (option) => {
      const { client, attempts } = seat(sdk, house, { apiKey: null, [option]: 'op_wrong' });
      const error = await failure(client.messages.create(ASK));
      expect(error).toBeInstanceOf(errors.AuthenticationError);
      expect(told(error)).toMatchObject({
        status: 401,
        type: 'authentication_error',
        code: 'invalid_api_key',
        requestId: REQUEST_ID,
      });
      expect(error.message).not.toContain('op_wrong');
      expect(await failure(collect(client.models.list()))).toBeInstanceOf(errors.AuthenticationError);
      expect(attempts()).toBe(2);
    });

    test('what is left of limits is told with every answer', async () => {
      const { client } = limitedSeat('both');
      for (const stream of [false, true]) {
        const { response } = await client.messages.create({ ...ASK, stream }).withResponse();
        const left = (name: string): string | null => response.headers.get(`anthropic-ratelimit-${name}`);
        expect(left('requests-limit')).toBe('100');
        expect(Number(left('requests-remaining') ?? Infinity)).toBeLessThanOrEqual(100);
        expect(left('tokens-limit')).toBe('60000');
        expect(Number(left('tokens-remaining') ?? Infinity)).toBeLessThanOrEqual(60_000);
        for (const reset of ['requests-reset', 'tokens-reset']) {
          expect(left(reset)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        }
        await response.body?.cancel().catch(() => undefined);
      }
    });

    test('a used-up limit says which, how much, and when to come back', async () => {
      const { client, attempts } = limitedSeat('few');
      await client.messages.create(ASK);
      const error = await failure(client.messages.create(ASK, ONCE));
      expect(error).toBeInstanceOf(errors.RateLimitError);
      const { headers, message, ...rest } = told(error);
      expect(rest).toMatchObject({
        status: 429,
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
        requestId: REQUEST_ID,
      });
      expect(message).toContain('Limit 1, Used 1, Requested 1');
      const waitMs = Number(headers.get('retry-after-ms'));
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(60_000);
      expect(Number(headers.get('retry-after'))).toBe(Math.ceil(waitMs / 1_000));
      expect(headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
      expect(Date.parse(headers.get('anthropic-ratelimit-requests-reset')!)).toBeGreaterThan(Date.now());
      expect(attempts()).toBe(2);
    });

    test('a limit that frees up hours from now is not retried behind the caller', async () => {
      const { client, attempts } = limitedSeat('daily');
      await client.messages.create(ASK);
      const error = await failure(client.messages.create(ASK));
      expect(error).toBeInstanceOf(errors.RateLimitError);
      expect(told(error).headers.get('x-should-retry')).toBe('false');
      expect(attempts()).toBe(2);
    });

    test('a request larger than the limit itself is not retried', async () => {
      const { client, attempts } = limitedSeat('small');
      const error = await failure(client.messages.create({ ...ASK, max_tokens: 200 }));
      expect(error).toBeInstanceOf(errors.RateLimitError);
      expect(error.message).toContain('Waiting cannot help');
      expect(attempts()).toBe(1);
    });
  });
});
