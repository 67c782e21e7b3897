import type { Tier } from '@offpeak/core';
import { createKey } from '@offpeak/gateway';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, Witness, type Row } from '../e2e/books.ts';
import { startHouse, until, withStore, type House } from '../e2e/harness.ts';
import { GROQ, OPENAI_6, OPENAI_7, SDKS, type ChatBody, type Client, type Sdk } from './sdks.ts';

/** What each tier word comes to, and that the caller can see it: in the body, in every chunk, in headers, and later in the ledger. */

const ASK: ChatBody = { model: 'sim-8b', max_tokens: 4, messages: [{ role: 'user', content: 'Hello' }] };

interface Told {
  /** The wire's word, as said in the body or in all chunks. */
  readonly word: string;
  readonly headers: Headers;
}

async function unary(client: Client, body: ChatBody, headers: Record<string, string> = {}): Promise<Told> {
  const { data, response } = await client.chat.completions.create(body, { headers }).withResponse();
  return { word: data.service_tier, headers: response.headers };
}

async function streamed(client: Client, body: ChatBody, headers: Record<string, string> = {}): Promise<Told> {
  const call = client.chat.completions.create({ ...body, stream: true }, { headers });
  const { data, response } = await call.withResponse();
  const words = new Set<string>();
  for await (const chunk of data) words.add(chunk.service_tier);
  expect(words.size).toBe(1);
  return { word: [...words][0]!, headers: response.headers };
}

const WAYS = [
  ['unary', unary],
  ['streamed', streamed],
] as const;

/** What the ledger must say in the end, by request. Read once: rows are written in batches, and waiting for each takes its time. */
class Story {
  readonly #expected = new Map<string, Partial<Row>>();

  expect({ headers }: Told, row: Partial<Row>): void {
    this.#expected.set(headers.get('x-request-id')!, row);
  }

  async check(house: House): Promise<void> {
    const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
    for (const [id, row] of this.#expected) expect(rows.get(id)).toMatchObject(row);
  }
}

describe('words', () => {
  let house: House;
  const witness = new Witness();
  const story = new Story();
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(async () => {
    try {
      await story.check(house);
      await checkBooks(house, witness);
    } finally {
      await house.close();
    }
  });

  type Asked = readonly [word: string | null | undefined, requested: Tier | 'auto', served: Exclude<Tier, 'batch'>];
  const WORDS: Readonly<Record<Sdk['wire'], readonly Asked[]>> = {
    openai: [
      [undefined, 'standard', 'standard'],
      [null, 'standard', 'standard'],
      ['auto', 'auto', 'standard'],
      ['default', 'standard', 'standard'],
      ['scale', 'standard', 'standard'],
      ['flex', 'flex', 'flex'],
      ['priority', 'priority', 'priority'],
      ['fast', 'priority', 'priority'],
    ],
    groq: [
      [undefined, 'standard', 'standard'],
      [null, 'standard', 'standard'],
      ['auto', 'auto', 'standard'],
      ['on_demand', 'standard', 'standard'],
      ['flex', 'flex', 'flex'],
      ['performance', 'priority', 'priority'],
    ],
  };
  const CASES = SDKS.flatMap((sdk) =>
    WORDS[sdk.wire].flatMap(([word, requested, served]) =>
      WAYS.map(([way, ask]) => ({ sdk, name: sdk.name, word, requested, served, way, ask })),
    ),
  );

  test.each(CASES)('$name, $way: $word is served as $served', async ({ sdk, word, requested, served, ask }) => {
    const client = sdk.connect(house.url + sdk.bases[0]!, { fetch: witness.fetch });
    const told = await ask(client, word === undefined ? ASK : { ...ASK, service_tier: word });
    expect(told.word).toBe(sdk.words[served]);
    expect(told.headers.get('offpeak-tier')).toBe(served);
    expect(told.headers.get('offpeak-requested-tier')).toBe(requested);
    story.expect(told, {
      dialect: sdk.wire,
      requested_tier: requested,
      served_tier: served,
      why: 'asked',
      outcome: 'completed',
    });
  });

  const BASES = [
    ...SDKS.flatMap((sdk) => sdk.bases.map((base) => ({ sdk, base, wire: sdk.wire }))),
    // Groq's own path belongs to Groq, whichever SDK calls it.
    { sdk: OPENAI_7, base: '/openai/v1', wire: 'groq' },
    { sdk: OPENAI_6, base: '/groq/openai/v1', wire: 'groq' },
  ].map((entry) => ({ ...entry, name: entry.sdk.name }));

  test.each(BASES)('$name at base $base speaks the wire of $wire', async ({ sdk, base, wire }) => {
    const client = sdk.connect(house.url + base, { fetch: witness.fetch });
    const told = await unary(client, ASK);
    expect(told.word).toBe(wire === 'groq' ? 'on_demand' : 'default');
    story.expect(told, { dialect: wire });
    expect((await client.models.list()).data).toHaveLength(1);
  });

  test('a tier is told in the headers of embeddings, which have no place for it in the body', async () => {
    const client = OPENAI_7.connect(`${house.url}/v1`, { fetch: witness.fetch });
    const body = { model: 'sim-8b', input: 'night', service_tier: 'flex' };
    const { data, response } = await client.embeddings.create(body).withResponse();
    expect(data).not.toHaveProperty('service_tier');
    expect(response.headers.get('offpeak-tier')).toBe('flex');
  });
});

describe('with limits', () => {
  const ONE = '{ requestsPerMinute: 1 }';
  const NAMES = SDKS.flatMap((sdk) => WAYS.map(([way]) => `${sdk.name}-${way}`));
  const PROJECTS = NAMES.flatMap((name) => [
    { project: `standard-${name}`, settings: `limits: { standard: ${ONE} }` },
    { project: `priority-${name}`, settings: `limits: { priority: ${ONE} }` },
    { project: `flexible-${name}`, settings: 'defaultTier: flex' },
  ]);

  let house: House;
  const witness = new Witness();
  const story = new Story();
  const keys = new Map<string, string>();
  beforeAll(async () => {
    const lines = PROJECTS.map(({ project, settings }) => `  - { name: ${project}, ${settings} }\n`);
    house = await startHouse({ config: `auth: keys\nprojects:\n${lines.join('')}` });
    await withStore(house.data, async (store) => {
      for (const { project } of PROJECTS) {
        keys.set(project, (await createKey(store, project, { now: Date.now() })).key);
      }
    });
    const headers = { authorization: `Bearer ${[...keys.values()].at(-1)!}` };
    await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the keys are known');
  });
  afterAll(async () => {
    try {
      await story.check(house);
      await checkBooks(house, witness);
    } finally {
      await house.close();
    }
  });

  function connect(sdk: Sdk, project: string): Client {
    return sdk.connect(house.url + sdk.bases[0]!, { fetch: witness.fetch, apiKey: keys.get(project)! });
  }

  const CASES = SDKS.flatMap((sdk) => WAYS.map(([way, ask]) => ({ sdk, name: sdk.name, way, ask })));

  test.each(CASES)('$name, $way: priority beyond its limits is served as standard', async ({ sdk, name, way, ask }) => {
    const client = connect(sdk, `priority-${name}-${way}`);
    const body = { ...ASK, service_tier: sdk.words.priority };
    expect((await ask(client, body)).word).toBe(sdk.words.priority);
    const told = await ask(client, body);
    expect(told.word).toBe(sdk.words.standard);
    expect(told.headers.get('offpeak-tier')).toBe('standard');
    expect(told.headers.get('offpeak-requested-tier')).toBe('priority');
    story.expect(told, { requested_tier: 'priority', served_tier: 'standard', why: 'downgrade' });
  });

  test.each(CASES)('$name, $way: no word is the tier of the project', async ({ sdk, name, way, ask }) => {
    const client = connect(sdk, `flexible-${name}-${way}`);
    expect((await ask(client, ASK)).word).toBe('flex');
    // On Groq's wire `auto` is a ladder of its own; on OpenAI's it is the project's default.
    const auto = await ask(client, { ...ASK, service_tier: 'auto' });
    expect(auto.word).toBe(sdk.wire === 'openai' ? 'flex' : 'on_demand');
  });

  test.each(WAYS)('groq-sdk, %s: auto beyond the standard limits spills to flex', async (way, ask) => {
    const client = connect(GROQ, `standard-${GROQ.name}-${way}`);
    const body = { ...ASK, service_tier: 'auto' };
    expect((await ask(client, body)).word).toBe('on_demand');
    const told = await ask(client, body);
    expect(told.word).toBe('flex');
    expect(told.headers.get('offpeak-requested-tier')).toBe('auto');
    story.expect(told, { requested_tier: 'auto', served_tier: 'flex', why: 'spill' });
  });

  test.each([OPENAI_7, OPENAI_6])('$name: auto beyond the standard limits is refused, not spilled', async (sdk) => {
    const client = connect(sdk, `standard-${sdk.name}-unary`);
    const body = { ...ASK, service_tier: 'auto' };
    expect((await unary(client, body)).word).toBe('default');
    const refused = client.chat.completions.create(body, { maxRetries: 0 });
    await expect(Promise.resolve(refused)).rejects.toBeInstanceOf(sdk.errors.RateLimitError);
  });
});
