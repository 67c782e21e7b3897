import type Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readMetrics, total } from '../e2e/books.ts';
import { until, type House } from '../e2e/harness.ts';
import { hold, whileFull } from '../e2e/occupy.ts';
import { closeChecked } from '../e2e/providers/hosted.ts';
import { BACKENDS, FORWARDED, OWN, startAnthropicHouse, TRANSLATED, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_SDKS, told } from './anthropic-sdks.ts';
import { ASK, ONCE, REQUEST_ID, Seats } from './anthropic-seats.ts';
import { failure } from './failure.ts';

/** Every refusal arrives as the SDK's own class, says what to do, and is retried by the SDK exactly where that can help. */

let house: AnthropicHouse;
const seats = new Seats();
beforeAll(async () => {
  house = await startAnthropicHouse({ engines: [{ slots: 1 }], config: 'server: { bodyMax: 64KiB }' });
});
beforeEach(() => {
  house.anthropic.reset();
  house.openai.reset();
});
afterAll(() => closeChecked(house, ...seats.witnesses));

describe.each(ANTHROPIC_SDKS)('$name', (sdk) => {
  const { errors } = sdk;

  test('an unknown model is not found, and what is served is named', async () => {
    const { client, attempts } = seats.take(sdk, house);
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
    const { client } = seats.take(sdk, house);
    const error = await failure(client.messages.batches.list());
    expect(error).toBeInstanceOf(errors.NotFoundError);
    expect(told(error)).toMatchObject({ status: 404, type: 'not_found_error', requestId: REQUEST_ID });
  });

  test.each(BACKENDS)('$name: a member that is missing is named', async ({ model }) => {
    const { client, attempts } = seats.take(sdk, house);
    const { max_tokens: _, ...unbounded } = { ...ASK, model };
    const error = await failure(client.messages.create(unbounded as typeof ASK));
    expect(error).toBeInstanceOf(errors.BadRequestError);
    expect(told(error)).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'max_tokens' });
    expect(error.message).toContain('max_tokens');
    expect(attempts()).toBe(1);
  });

  test.each(BACKENDS)('$name: a member deep inside is named by its path', async ({ model }) => {
    const { client } = seats.take(sdk, house);
    const content = [{ type: 'video', source: {} }] as unknown as Anthropic.ContentBlockParam[];
    const error = await failure(client.messages.create({ ...ASK, model, messages: [{ role: 'user', content }] }));
    expect(error).toBeInstanceOf(errors.BadRequestError);
    // Anthropic says it in its own way.
    expect(error.message).toContain(model === FORWARDED.model ? 'messages.0.content.0' : 'messages[0].content[0].type');
  });

  test('what only Anthropic has is refused before anything is sent elsewhere', async () => {
    const { client } = seats.take(sdk, house);
    const search = { type: 'web_search_20250305', name: 'web_search' } as const;
    for (const model of [OWN.model, TRANSLATED.model]) {
      const error = await failure(client.messages.create({ ...ASK, model, tools: [search] }));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(told(error)).toMatchObject({ code: 'unsupported_value', param: 'tools[0].type' });
    }
    expect(house.openai.requests).toEqual([]);
  });

  test.each(['standard', 'flex'])('what the engine refuses is told in its words, at %s', async (tier) => {
    const { client, attempts } = seats.take(sdk, house);
    const hot = { ...ASK, temperature: 9 };
    const error = await failure(client.messages.create(hot, { headers: { 'offpeak-tier': tier } }));
    expect(error).toBeInstanceOf(errors.BadRequestError);
    expect(told(error)).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'temperature' });
    expect(error.message).toContain('temperature');
    expect(attempts()).toBe(1);
  });

  test('a body that is too large is told so', async () => {
    const { client, attempts } = seats.take(sdk, house);
    const large = { ...ASK, system: 'x'.repeat(70_000) };
    const error = await failure(client.messages.create(large));
    expect(error).toBeInstanceOf(sdk.tooLarge);
    expect(told(error)).toMatchObject({ status: 413, type: 'request_too_large', requestId: REQUEST_ID });
    expect(attempts()).toBe(1);
  });

  test('a header that makes no sense is named', async () => {
    const { client } = seats.take(sdk, house);
    const error = await failure(client.messages.create(ASK, { headers: { 'offpeak-max-wait': 'soon' } }));
    expect(error).toBeInstanceOf(errors.BadRequestError);
    expect(error.message).toContain('offpeak-max-wait');
  });

  test('an engine that answers garbage is a server error', async () => {
    house.engines[0]!.faults.inject({ kind: 'garbage' });
    const { client } = seats.take(sdk, house);
    const error = await failure(client.messages.create(ASK, ONCE));
    expect(error).toBeInstanceOf(errors.InternalServerError);
    expect(told(error)).toMatchObject({ status: 502, type: 'api_error', code: 'upstream_failed' });
    expect(error.message).not.toContain('html');
  });

  test.each(['flex', 'flex, streamed'])(
    '%s, without capacity is refused once, uncharged and with a hint',
    async (way) => {
      const { client, attempts } = seats.take(sdk, house);
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
    const { client, attempts } = seats.take(sdk, house);
    const answer = client.messages.create(ASK, { headers: { 'offpeak-max-wait': '0' } });
    const served = Promise.resolve(answer);
    await until(async () => (await refusals(house)) === before + 1, 'it was refused once');
    await release();
    expect((await served).usage.output_tokens).toBe(4);
    expect(attempts()).toBe(2);
  });
});

async function refusals(house: House): Promise<number> {
  return total(readMetrics(await house.metrics()), 'offpeak_requests_total', { outcome: 'refused' });
}
