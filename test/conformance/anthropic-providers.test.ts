import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeChecked } from '../e2e/providers/hosted.ts';
import { ANTHROPIC_REFUSALS } from '../providers/anthropic/refusals.ts';
import { refuse } from '../providers/fault.ts';
import { OPENAI_REFUSALS } from '../providers/openai/refusals.ts';
import { FORWARDED, OWN, startAnthropicHouse, TRANSLATED, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_SDKS, told } from './anthropic-sdks.ts';
import { ASK, ONCE, REQUEST_ID, Seats } from './anthropic-seats.ts';
import { failure } from './failure.ts';

/** What goes wrong at a provider, as callers of Anthropic's SDKs see it: what is theirs to mend, what the operator's, and what nobody notices. */

let house: AnthropicHouse;
const seats = new Seats();
beforeAll(async () => {
  house = await startAnthropicHouse();
});
beforeEach(() => {
  house.checkProviders();
});
afterAll(() => closeChecked(house, ...seats.witnesses));

describe.each(ANTHROPIC_SDKS)('$name', (sdk) => {
  const { errors } = sdk;

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
      const { client } = seats.take(sdk, house);
      const error = await failure(client.messages.create(asking(0), { ...ONCE, ...now }));
      expect(error).toBeInstanceOf(sdk.overloaded);
      expect(told(error)).toMatchObject({ status: 529, type: 'overloaded_error', code: 'capacity_contended' });
      expect(Number(told(error).headers.get('retry-after'))).toBeGreaterThan(0);
    });

    test('an account that has nothing left is not asked again', async () => {
      fakeOf().next(refuse(spent));
      const { client, attempts } = seats.take(sdk, house);
      const error = await failure(client.messages.create(asking(1), now));
      expect(error).toBeInstanceOf(errors.InternalServerError);
      expect(told(error)).toMatchObject({ status: 503, type: 'api_error', code: 'upstream_quota_exhausted' });
      expect(attempts()).toBe(1);
    });

    test("a key of the operator's that is refused is not told as the client's", async () => {
      fakeOf().next(refuse(wrongKey));
      const { client, attempts } = seats.take(sdk, house);
      const error = await failure(client.messages.create(asking(2), now));
      expect(error).toBeInstanceOf(errors.InternalServerError);
      expect(told(error)).toMatchObject({ status: 502, code: 'upstream_credentials_rejected' });
      expect(error.message).not.toMatch(/sk-/);
      expect(attempts()).toBe(1);
    });

    test('a prompt that is too long is told in the words of the provider', async () => {
      fakeOf().next(refuse(tooLong));
      const { client, attempts } = seats.take(sdk, house);
      const error = await failure(client.messages.create(ask));
      expect(error).toBeInstanceOf(errors.BadRequestError);
      expect(error.message).toMatch(/prompt is too long|maximum context length/);
      expect(attempts()).toBe(1);
    });

    test('a failure of the provider is tried again here, and the client notices nothing', async () => {
      fakeOf().next(refuse(failed));
      const { client, attempts } = seats.take(sdk, house);
      expect((await client.messages.create(ask)).content).toMatchObject([{ text: 'echo: Hello' }]);
      expect(attempts()).toBe(1);
      expect(fakeOf().requests).toHaveLength(2);
    });
  });

  test('a provider that is overloaded before its first word is asked again', async () => {
    house.anthropic.next({ kind: 'error-event', afterEvents: 0, refusal: ANTHROPIC_REFUSALS.overloaded });
    const { client, attempts } = seats.take(sdk, house);
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
    const { client, attempts } = seats.take(sdk, house);
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
