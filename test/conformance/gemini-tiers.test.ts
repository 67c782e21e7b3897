import { ServiceTier, type GenerateContentConfig, type GenerateContentResponse } from '@google/genai';
import type { Tier } from '@offpeak/core';
import { createKey } from '@offpeak/gateway';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, type Row } from '../e2e/books.ts';
import { until, withStore } from '../e2e/harness.ts';
import { geminiSettings } from '../providers/gemini/settings.ts';
import { openAiSettings } from '../providers/openai/settings.ts';
import { GEMINI_SDKS, GENAI_3, generate, startGeminiHouse, tiersOf, WAYS, type GeminiHouse } from './gemini-sdks.ts';

/** What `config.serviceTier` comes to, and where the SDK's caller sees it. */

/** What the ledger must say in the end, by request. Read once: rows are written in batches, and waiting for each takes its time. */
class Story {
  readonly #expected = new Map<string, Partial<Row>>();

  expect(chunks: readonly GenerateContentResponse[], row: Partial<Row>): void {
    this.#expected.set(headersOf(chunks)['x-request-id']!, row);
  }

  async check(house: GeminiHouse): Promise<void> {
    const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
    expect(this.#expected.size).toBeGreaterThan(0);
    for (const [id, row] of this.#expected) expect(rows.get(id)).toMatchObject(row);
    await checkBooks(house);
  }
}

function headersOf(chunks: readonly GenerateContentResponse[]): Record<string, string> {
  return chunks.at(-1)!.sdkHttpResponse!.headers!;
}

/** The tier that all of an answer agrees on. Translated answers have their usage in the last chunk, Gemini's own in each. */
function servedBy(chunks: readonly GenerateContentResponse[], everywhere: boolean): string | undefined {
  for (const [index, chunk] of chunks.entries()) {
    const isLast = index === chunks.length - 1;
    const [header, usage] = tiersOf(chunk);
    expect(header).toBe(headersOf(chunks)['x-gemini-service-tier']);
    if (isLast || everywhere) expect(usage).toBe(header);
  }
  return tiersOf(chunks.at(-1)!)[0];
}

const SHORT: GenerateContentConfig = { maxOutputTokens: 16 };
const SEATS = [
  { model: 'sim-8b', upstream: 'gpu-0' },
  { model: 'gemini-3.8-flash', upstream: 'gemini' },
  { model: 'gpt-5.6-luna', upstream: 'openai' },
];

describe('words', () => {
  let house: GeminiHouse;
  const story = new Story();
  beforeAll(async () => {
    house = await startGeminiHouse();
  });
  afterEach(() => {
    expect(house.violations()).toEqual([]);
    Object.assign(house.gemini.settings, geminiSettings());
    Object.assign(house.openai.settings, openAiSettings());
  });
  afterAll(async () => {
    try {
      await story.check(house);
    } finally {
      await house.close();
    }
  });

  const WORDS: readonly (readonly [ServiceTier | undefined, Tier | 'auto', Tier])[] = [
    [undefined, 'standard', 'standard'],
    [ServiceTier.UNSPECIFIED, 'auto', 'standard'],
    [ServiceTier.STANDARD, 'standard', 'standard'],
    [ServiceTier.FLEX, 'flex', 'flex'],
    [ServiceTier.PRIORITY, 'priority', 'priority'],
  ];
  const CASES = GEMINI_SDKS.flatMap((sdk) =>
    SEATS.flatMap((seat) =>
      WORDS.flatMap(([word, requested, served]) =>
        WAYS.map((way) => ({ ...seat, sdk, name: sdk.name, word, requested, served, way })),
      ),
    ),
  );

  test.each(CASES)('$name, $model, $way: $word is served as $served', async (seat) => {
    const { sdk, model, upstream, word, requested, served, way } = seat;
    const config = word === undefined ? SHORT : { ...SHORT, serviceTier: word };
    const chunks = await generate(sdk.connect(house.url), way, { model, contents: 'one two three', config });
    expect(servedBy(chunks, upstream === 'gemini')).toBe(served);
    expect(headersOf(chunks)).toMatchObject({
      'offpeak-tier': served,
      'offpeak-requested-tier': requested,
      'offpeak-upstream': upstream,
    });
    story.expect(chunks, {
      requested_tier: requested,
      served_tier: served,
      why: 'asked',
      outcome: 'completed',
      upstream,
    });
    if (upstream === 'gemini') expect(house.gemini.last().body).toMatchObject({ serviceTier: served });
  });

  test.each(WAYS)('%s: what a provider served instead is told', async (way) => {
    house.gemini.settings.tier = 'downgraded';
    house.openai.settings.tier = 'downgraded';
    for (const { model, upstream } of SEATS.slice(1)) {
      const config = { ...SHORT, serviceTier: ServiceTier.PRIORITY };
      const chunks = await generate(GENAI_3.connect(house.url), way, { model, contents: 'Hello', config });
      expect(servedBy(chunks, upstream === 'gemini')).toBe('standard');
      story.expect(chunks, { requested_tier: 'priority', served_tier: 'standard', why: 'downgrade', upstream });
    }
  });

  test.each(WAYS)('%s: a tier that the provider did not confirm is told as that', async (way) => {
    house.gemini.settings.tier = 'absent';
    const config = { ...SHORT, serviceTier: ServiceTier.FLEX };
    const chunks = await generate(GENAI_3.connect(house.url), way, {
      model: 'gemini-3.8-flash',
      contents: 'Hello',
      config,
    });
    expect(headersOf(chunks)).toMatchObject({ 'x-gemini-service-tier': 'flex', 'offpeak-tier-verified': 'false' });
    story.expect(chunks, { served_tier: 'flex' });
  });

  test('enums in capitals, and REST clients that say it in snake case', async () => {
    const ai = GENAI_3.connect(house.url);
    const config = { ...SHORT, serviceTier: 'SERVICE_TIER_FLEX' as ServiceTier };
    expect(servedBy([await ai.models.generateContent({ model: 'sim-8b', contents: 'Hi', config })], false)).toBe(
      'flex',
    );
    const extra = { ...SHORT, httpOptions: { extraBody: { service_tier: 'FLEX' } } };
    expect(servedBy([await ai.models.generateContent({ model: 'sim-8b', contents: 'Hi', config: extra })], false)).toBe(
      'flex',
    );
  });
});

describe('with limits', () => {
  const PROJECTS = WAYS.flatMap((way) => [
    { project: `prior-${way}`, settings: 'limits: { priority: { requestsPerMinute: 1 } }' },
    { project: `flexible-${way}`, settings: 'defaultTier: flex' },
  ]);
  let house: GeminiHouse;
  const story = new Story();
  const keys = new Map<string, string>();
  beforeAll(async () => {
    const lines = PROJECTS.map(({ project, settings }) => `  - { name: ${project}, ${settings} }\n`);
    house = await startGeminiHouse({ config: `auth: keys\nprojects:\n${lines.join('')}` });
    await withStore(house.data, async (store) => {
      for (const { project } of PROJECTS) keys.set(project, (await createKey(store, project, { now: Date.now() })).key);
    });
    const headers = { 'x-goog-api-key': [...keys.values()].at(-1)! };
    await until(async () => (await fetch(`${house.url}/v1beta/models`, { headers })).ok, 'the keys are known');
  });
  afterAll(async () => {
    try {
      await story.check(house);
    } finally {
      await house.close();
    }
  });

  test.each(WAYS)('%s: priority beyond its limits is served as standard', async (way) => {
    const ai = GENAI_3.connect(house.url, { apiKey: keys.get(`prior-${way}`)! });
    const ask = { model: 'sim-8b', contents: 'Hello', config: { ...SHORT, serviceTier: ServiceTier.PRIORITY } };
    expect(servedBy(await generate(ai, way, ask), false)).toBe('priority');
    const second = await generate(ai, way, ask);
    expect(servedBy(second, false)).toBe('standard');
    expect(headersOf(second)['offpeak-requested-tier']).toBe('priority');
    story.expect(second, { requested_tier: 'priority', served_tier: 'standard', why: 'downgrade' });
  });

  test.each(WAYS)('%s: no word is the tier of the project', async (way) => {
    const ai = GENAI_3.connect(house.url, { apiKey: keys.get(`flexible-${way}`)! });
    for (const serviceTier of [undefined, ServiceTier.UNSPECIFIED]) {
      const config = serviceTier === undefined ? SHORT : { ...SHORT, serviceTier };
      const chunks = await generate(ai, way, { model: 'sim-8b', contents: 'Hello', config });
      expect(servedBy(chunks, false)).toBe('flex');
    }
  });
});
