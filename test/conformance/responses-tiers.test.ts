import type { Tier } from '@offpeak/core';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsOf, Witness, type Row } from '../e2e/books.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { whileFull } from '../e2e/occupy.ts';
import { failure } from './failure.ts';
import { endOf, eventsOf, MAJORS, wholeClient, type Ask } from './responses-client.ts';
import type { OpenAiSdk } from './sdks.ts';

/** What each tier word comes to on the Responses wire, and every place that tells it. */

const ASK: Ask = { model: 'sim-8b', max_output_tokens: 4, input: 'Hello' };

/** `ultrafast` is known to this wire alone. */
const WORDS: readonly (readonly [word: string | null | undefined, requested: Tier | 'auto', served: Tier])[] = [
  [undefined, 'standard', 'standard'],
  [null, 'standard', 'standard'],
  ['auto', 'auto', 'standard'],
  ['default', 'standard', 'standard'],
  ['scale', 'standard', 'standard'],
  ['flex', 'flex', 'flex'],
  ['priority', 'priority', 'priority'],
  ['fast', 'priority', 'priority'],
  ['ultrafast', 'priority', 'priority'],
];
const SERVED: Readonly<Record<string, string>> = { priority: 'priority', standard: 'default', flex: 'flex' };

function asking(word: string | null | undefined): Ask {
  return word === undefined ? ASK : { ...ASK, service_tier: word as Ask['service_tier'] & string };
}

async function unary(client: OpenAI, ask: Ask): Promise<readonly [word: string, headers: Headers]> {
  const { data, response } = await client.responses.create(ask).withResponse();
  return [data.service_tier!, response.headers];
}

async function streamed(client: OpenAI, ask: Ask): Promise<readonly [word: string, headers: Headers]> {
  const { data, response } = await client.responses.create({ ...ask, stream: true }).withResponse();
  return [endOf(await eventsOf(data)).service_tier!, response.headers];
}

const WAYS = { unary, streamed } as const;

let house: HostedHouse;
const witness = new Witness();
const story = new Map<string, Partial<Row>>();
beforeAll(async () => {
  const limits = '{ requestsPerMinute: 1 }';
  const names = MAJORS.flatMap(({ name }) => Object.keys(WAYS).map((way) => `${name}-${way}`));
  house = await startHosted({
    providers: {},
    engines: [{}],
    projects: ['plain', 'capped', 'flexible', ...names],
    settings: {
      capped: 'maxTier: standard',
      flexible: 'defaultTier: flex',
      ...Object.fromEntries(names.map((name) => [name, `limits: { priority: ${limits}, flex: ${limits} }`])),
    },
  });
});
afterAll(async () => {
  const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
  try {
    for (const [id, row] of story) expect(rows.get(id)).toMatchObject(row);
  } finally {
    await closeChecked(house, witness);
  }
});

function connect(sdk: OpenAiSdk, project = 'plain', base = '/v1'): OpenAI {
  return wholeClient(sdk, house.url + base, { fetch: witness.fetch, apiKey: house.keys[project]! });
}

const CASES = MAJORS.flatMap((sdk) =>
  Object.entries(WAYS).flatMap(([way, ask]) => ({ sdk, name: sdk.name, way, ask })),
);

describe.each(CASES)('$name, $way', ({ sdk, name, way, ask }) => {
  test.each(WORDS)('%s', async (word, requested, served) => {
    const [said, headers] = await ask(connect(sdk), asking(word));
    expect(said).toBe(SERVED[served]);
    expect(headers.get('offpeak-tier')).toBe(served);
    expect(headers.get('offpeak-requested-tier')).toBe(requested);
    story.set(headers.get('x-request-id')!, { requested_tier: requested, served_tier: served, dialect: 'responses' });
  });

  test('priority beyond its limits is served as standard, and every place says so', async () => {
    const client = connect(sdk, `${name}-${way}`);
    expect((await ask(client, asking('ultrafast')))[0]).toBe('priority');
    const [said, headers] = await ask(client, asking('ultrafast'));
    expect(said).toBe('default');
    expect(headers.get('offpeak-tier')).toBe('standard');
    story.set(headers.get('x-request-id')!, { requested_tier: 'priority', served_tier: 'standard', why: 'downgrade' });
  });

  test('flex beyond its limits falls back to standard where that was asked for', async () => {
    const client = connect(sdk, `${name}-${way}`);
    expect((await ask(client, asking('flex')))[0]).toBe('flex');
    const error = await failure(ask(client, asking('flex')));
    expect(sdk.told(error)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    const falling = client.withOptions({ defaultHeaders: { 'offpeak-on-unavailable': 'standard' } });
    const [said, headers] = await ask(falling, asking('flex'));
    expect(said).toBe('default');
    story.set(headers.get('x-request-id')!, { requested_tier: 'flex', served_tier: 'standard', why: 'fallback' });
  });

  test('no word is the tier of the project', async () => {
    expect((await ask(connect(sdk, 'flexible'), ASK))[0]).toBe('flex');
    expect((await ask(connect(sdk, 'flexible'), asking('auto')))[0]).toBe('flex');
    // At Groq's path `auto` is the best that there is.
    expect((await ask(connect(sdk, 'flexible', '/openai/v1'), asking('auto')))[0]).toBe('default');
  });

  test('a header says it whatever the body says', async () => {
    const client = connect(sdk).withOptions({ defaultHeaders: { 'offpeak-tier': 'flex' } });
    expect((await ask(client, asking('priority')))[0]).toBe('flex');
  });
});

describe.each(MAJORS)('$name', (sdk) => {
  test('a word that nobody knows is refused with those of this wire', async () => {
    const error = await failure(connect(sdk).responses.create(asking('platinum')));
    expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(sdk.told(error)).toMatchObject({ status: 400, param: 'service_tier' });
    for (const word of ['flex', 'priority', 'fast', 'ultrafast']) expect(error.message).toContain(`'${word}'`);
  });

  test('a tier above what the project may use is forbidden', async () => {
    const error = await failure(connect(sdk, 'capped').responses.create(asking('ultrafast')));
    expect(error).toBeInstanceOf(sdk.errors.PermissionDeniedError);
    expect(sdk.told(error)).toMatchObject({ status: 403, code: 'service_tier_not_allowed', param: 'service_tier' });
  });
});

test('flex without capacity is refused with a status, not in a broken stream', async () => {
  const open = await startHosted({ providers: {}, engines: [{ slots: 1 }] });
  const seen = new Witness();
  for (const { sdk, ask } of CASES) {
    const client = wholeClient(sdk, `${open.url}/v1`, { fetch: seen.fetch }).withOptions({
      defaultHeaders: { 'offpeak-max-wait': '0' },
    });
    const error = await whileFull(open, () => failure(ask(client, asking('flex'))));
    expect(error).toBeInstanceOf(sdk.errors.RateLimitError);
    const told = sdk.told(error);
    expect(told).toMatchObject({ status: 429, code: 'flex_unavailable', type: 'resource_unavailable' });
    expect(told.headers.get('x-should-retry')).toBe('false');
    expect(Number(told.headers.get('retry-after-ms'))).toBeGreaterThan(0);
  }
  await closeChecked(open, seen);
});
