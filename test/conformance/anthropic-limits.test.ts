import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { collect } from '../providers/until.ts';
import { OWN } from './anthropic-house.ts';
import { ANTHROPIC_SDKS, told } from './anthropic-sdks.ts';
import { ASK, ONCE, REQUEST_ID, Seats, type Seat } from './anthropic-seats.ts';
import { failure } from './failure.ts';

/** Keys in both places where Anthropic's SDKs put them, and limits in the headers that they know. */

const LIMITS = {
  few: '{ requestsPerMinute: 1 }',
  both: '{ requestsPerMinute: 100, tokensPerMinute: 60000 }',
  daily: '{ requestsPerDay: 1 }',
  small: '{ tokensPerMinute: 100 }',
} as const;
/** Projects of its own for each SDK, so that limits are full at the start of each case. */
const LIMITED = Object.entries(LIMITS).flatMap(([name, limits]) =>
  ANTHROPIC_SDKS.map((sdk) => [`${name}-${sdk.name}`, `limits: { standard: ${limits} }`] as const),
);

let house: HostedHouse;
const seats = new Seats();
beforeAll(async () => {
  house = await startHosted({
    engines: [{}],
    providers: {},
    projects: ['plain', ...LIMITED.map(([project]) => project)],
    settings: Object.fromEntries(LIMITED),
  });
});
afterAll(() => closeChecked(house, ...seats.witnesses));

describe.each(ANTHROPIC_SDKS)('$name', (sdk) => {
  const { errors } = sdk;
  const limitedSeat = (limits: keyof typeof LIMITS): Seat =>
    seats.take(sdk, house, { apiKey: house.keys[`${limits}-${sdk.name}`]! });

  test.each(['apiKey', 'authToken'] as const)('a key as %s is served', async (option) => {
    const key = house.keys['plain']!;
    const { client } = seats.take(sdk, house, { apiKey: null, [option]: key });
    expect((await client.messages.create(ASK)).usage.output_tokens).toBe(4);
    expect((await collect(client.models.list())).map(({ id }) => id)).toEqual(['sim-8b']);
    expect(await client.messages.countTokens({ model: OWN.model, messages: ASK.messages })).toMatchObject({
      input_tokens: expect.any(Number) as number,
    });
  });

  test.each(['apiKey', 'authToken'] as const)('a wrong key as %s is refused once', async (option) => {
    const { client, attempts } = seats.take(sdk, house, { apiKey: null, [option]: 'op_wrong' });
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
