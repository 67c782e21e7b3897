import { inspect } from 'node:util';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createKey } from '@offpeak/gateway';
import { APICallError, generateText, streamText, type LanguageModel } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, Witness } from '../e2e/books.ts';
import { startHouse, until, withStore, type House } from '../e2e/harness.ts';
import { hold, whileFull } from '../e2e/occupy.ts';
import { AI_PROVIDERS, ANTHROPIC, OWN_NAMES, type AiProvider } from './ai-sdk-providers.ts';
import { failure } from './failure.ts';

/** Refusals, failures and departures, as callers of Vercel's AI SDK see them, through the package of each wire. */

const witnesses: Witness[] = [];

async function checked(house: House): Promise<void> {
  try {
    await checkBooks(house, ...witnesses.splice(0));
  } finally {
    await house.close();
  }
}

interface Seat {
  readonly model: LanguageModel;
  attempts(): number;
  /** Answers that came, refusals included. */
  answers(): number;
}

function seat(house: House, provider: AiProvider, model = provider.own, apiKey?: string): Seat {
  const witness = new Witness();
  witnesses.push(witness);
  const options = { fetch: witness.fetch, ...(apiKey === undefined ? {} : { apiKey }) };
  const connected = provider.connect(house.url + provider.bases[0]!, options);
  return { model: connected(model), attempts: () => witness.attempts, answers: () => witness.seen.length };
}

async function refusal(work: PromiseLike<unknown>): Promise<APICallError> {
  const error = await failure(work);
  expect(APICallError.isInstance(error)).toBe(true);
  return error as APICallError;
}

interface Streamed {
  readonly text: string;
  readonly errors: readonly unknown[];
}

/** Errors of a stream are not thrown: they are handed over beside it. */
async function streamed(ask: Parameters<typeof streamText>[0]): Promise<Streamed> {
  const errors: unknown[] = [];
  const stream = streamText({
    ...ask,
    onError: ({ error }) => {
      errors.push(error);
    },
  });
  const pieces: string[] = [];
  for await (const piece of stream.textStream) pieces.push(piece);
  return { text: pieces.join(''), errors };
}

const ASK = { prompt: 'Hello', maxOutputTokens: 4, maxRetries: 0 };

/** The status by which each wire says that flex has no room. */
const FLEX_STATUS: Readonly<Record<string, number>> = {
  openai: 429,
  responses: 429,
  groq: 498,
  gemini: 503,
  anthropic: 529,
  bedrock: 503,
};

describe('open, with one slot', () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ engines: [{ slots: 1 }], config: OWN_NAMES });
  });
  afterAll(() => checked(house));

  describe.each(AI_PROVIDERS)('$name', (provider) => {
    test('an unknown model is not found, and what is served is named', async () => {
      const { model, attempts } = seat(house, provider, 'model-of-nobody');
      const error = await refusal(generateText({ ...ASK, model, maxRetries: 2 }));
      expect(error).toMatchObject({ statusCode: 404, isRetryable: false });
      expect(error.message).toContain('model-of-nobody');
      expect(error.message).toContain('sim-8b');
      expect(attempts()).toBe(1);
    });

    test('a header that makes no sense is named', async () => {
      const { model } = seat(house, provider);
      const error = await refusal(generateText({ ...ASK, model, headers: { 'offpeak-max-wait': 'soon' } }));
      expect(error).toMatchObject({ statusCode: 400, isRetryable: false });
      expect(error.message).toContain('offpeak-max-wait');
    });

    test('flex without capacity is refused in the words of the wire, uncharged and with a hint', async () => {
      const { model } = seat(house, provider);
      const headers = { 'offpeak-tier': 'flex', 'offpeak-max-wait': '0' };
      const errors = await whileFull(house, async () => [
        await refusal(generateText({ ...ASK, model, headers })),
        await refusal(Promise.reject((await streamed({ ...ASK, model, headers })).errors[0] as Error)),
      ]);
      for (const error of errors) {
        expect(error.statusCode).toBe(FLEX_STATUS[provider.dialect]);
        expect(error.message).toContain('not charged');
        expect(Number(error.responseHeaders?.['retry-after'])).toBeGreaterThan(0);
      }
    });

    test('a stream that breaks after its first words is told as an error', async () => {
      house.engines[0]!.faults.inject({ kind: 'truncate', afterTokens: 2 });
      const { model, attempts } = seat(house, provider);
      const { text, errors } = await streamed({ ...ASK, model, maxOutputTokens: 20, maxRetries: 2 });
      expect(text.split(' ')).toHaveLength(2);
      expect(errors).toHaveLength(1);
      expect(inspect(errors[0])).toContain('gpu-0');
      expect(attempts()).toBe(1);
    });
  });

  test('standard without capacity is tried again by the SDK, and served when there is some', async () => {
    const release = await hold(house);
    const { model, attempts, answers } = seat(house, ANTHROPIC);
    const answer = generateText({ ...ASK, model, maxRetries: 2, headers: { 'offpeak-max-wait': '0' } });
    await until(() => answers() === 1, 'it was refused once');
    await release();
    expect((await answer).text.split(' ')).toHaveLength(4);
    expect(attempts()).toBe(2);
  });
});

describe('a client that leaves', () => {
  let house: House;
  beforeAll(async () => {
    // Slow enough that no answer ends before its client has left.
    house = await startHouse({ engines: [{ slots: 1, speed: 1 }], config: OWN_NAMES });
  });
  afterAll(() => checked(house));

  test.each(AI_PROVIDERS)('$name: an AbortSignal stops the engine, and so does one in a stream', async (provider) => {
    const { model } = seat(house, provider);
    const engine = house.engines[0]!;
    const before = engine.stats();
    const leaving = new AbortController();
    const long = { ...ASK, model, maxOutputTokens: 2_000 };
    const whole = failure(generateText({ ...long, abortSignal: leaving.signal }));
    await until(() => engine.stats().generatedTokens > before.generatedTokens, 'the engine is at work');
    leaving.abort();
    expect((await whole).name).toBe('AbortError');
    await until(() => engine.stats().abortedRequests === before.abortedRequests + 1, 'the engine was stopped');

    const aborting = new AbortController();
    const stream = streamText({ ...long, abortSignal: aborting.signal });
    let aborted = false;
    for await (const part of stream.fullStream) {
      if (part.type === 'text-delta') aborting.abort();
      if (part.type === 'abort') aborted = true;
    }
    expect(aborted).toBe(true);
    await until(() => engine.stats().abortedRequests === before.abortedRequests + 2, 'the engine was stopped again');
    const rows = (await rowsOf(house)).slice(-2);
    expect(rows.map(({ dialect, outcome, status }) => [dialect, outcome, status])).toEqual([
      [provider.dialect, 'cancelled', 499],
      [provider.dialect, 'cancelled', 200],
    ]);
  });
});

describe('with keys', () => {
  let house: House;
  let key: string;
  let aws: { accessKeyId: string; secretAccessKey: string };
  beforeAll(async () => {
    house = await startHouse({ config: `auth: keys\nsignatures: { region: eu-west-1 }\n${OWN_NAMES}` });
    ({ key, aws } = await withStore(house.data, (store) => createKey(store, 'evals', { now: Date.now() })));
    const headers = { authorization: `Bearer ${key}` };
    await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the key is known');
  });
  afterAll(() => checked(house));

  test.each(AI_PROVIDERS)('$name: a right key is served, a wrong one refused once', async (provider) => {
    const right = seat(house, provider, provider.own, key);
    expect((await generateText({ ...ASK, model: right.model })).text).not.toBe('');
    const wrong = seat(house, provider, provider.own, 'op_wrong');
    const error = await refusal(generateText({ ...ASK, model: wrong.model, maxRetries: 2 }));
    expect(error).toMatchObject({ statusCode: provider.dialect === 'bedrock' ? 403 : 401, isRetryable: false });
    expect(error.message).toContain('API key is not valid');
    expect(error.message).not.toContain('op_wrong');
    expect(wrong.attempts()).toBe(1);
  });

  test('@ai-sdk/amazon-bedrock: a signed request is served, one with a wrong secret is not', async () => {
    const connect = (secretAccessKey: string): LanguageModel => {
      const { accessKeyId } = aws;
      const witness = new Witness();
      witnesses.push(witness);
      const bedrock = createAmazonBedrock({
        baseURL: house.url,
        region: 'eu-west-1',
        accessKeyId,
        secretAccessKey,
        fetch: witness.fetch,
      });
      return bedrock('sim-8b');
    };
    expect((await generateText({ ...ASK, model: connect(aws.secretAccessKey) })).text).not.toBe('');
    const stream = streamText({ ...ASK, model: connect(aws.secretAccessKey) });
    expect(await stream.text).not.toBe('');
    const error = await refusal(generateText({ ...ASK, model: connect('guessed') }));
    expect(error).toMatchObject({ statusCode: 403, isRetryable: false });
    expect(error.message).toContain('does not match');
  });
});
