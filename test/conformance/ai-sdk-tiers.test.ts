import { generateText, streamText, type ProviderMetadata } from 'ai';
import type { Tier } from '@offpeak/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { rowsOf, Witness, type Row } from '../e2e/books.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { AI_PROVIDERS, BEHIND, OWN_NAMES, type AiProvider } from './ai-sdk-providers.ts';

/** Tiers through Vercel's AI SDK: asked for by the options of each package, by header or by project, and seen by the caller. */

let house: HostedHouse;
const witness = new Witness();
/** What the ledger must say in the end, by request. */
const story = new Map<string, Partial<Row>>();
beforeAll(async () => {
  house = await startHosted({
    engines: [{}],
    providers: BEHIND,
    config: OWN_NAMES,
    projects: ['plain', 'flexible'],
    settings: { flexible: 'defaultTier: flex' },
  });
});
afterEach(() => {
  house.checkProviders();
});
afterAll(async () => {
  const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
  for (const [id, row] of story) expect(rows.get(id)).toMatchObject(row);
  await closeChecked(house, witness);
});

interface Asking {
  readonly model?: string;
  readonly project?: 'plain' | 'flexible';
  readonly word?: string;
  readonly header?: string;
}

interface Served {
  readonly metadata: ProviderMetadata;
  readonly headers: Readonly<Record<string, string>>;
}

function askFor(provider: AiProvider, { model = provider.own, project = 'plain', word, header }: Asking) {
  const connected = provider.connect(house.url + provider.bases[0]!, {
    fetch: witness.fetch,
    apiKey: house.keys[project]!,
  });
  const providerOptions = word === undefined ? undefined : provider.ask(word);
  return {
    model: connected(model),
    prompt: 'hello',
    maxOutputTokens: 100,
    maxRetries: 0,
    ...(providerOptions === undefined ? {} : { providerOptions }),
    ...(header === undefined ? {} : { headers: { 'offpeak-tier': header } }),
  };
}

async function unary(provider: AiProvider, asking: Asking): Promise<Served> {
  const { providerMetadata, response, warnings } = await generateText(askFor(provider, asking));
  expect(warnings ?? []).toEqual([]);
  return { metadata: providerMetadata ?? {}, headers: response.headers! };
}

async function streamed(provider: AiProvider, asking: Asking): Promise<Served> {
  const stream = streamText(askFor(provider, asking));
  await stream.consumeStream();
  const { headers } = await stream.response;
  return { metadata: (await stream.providerMetadata) ?? {}, headers: headers! };
}

const WAYS = [
  { way: 'unary', ask: unary },
  { way: 'streamed', ask: streamed },
] as const;
const EACH = AI_PROVIDERS.flatMap((provider) => WAYS.map((way) => ({ provider, name: provider.name, ...way })));

/** The words for the served tier where they differ from those that ask for it. */
const SERVED_WORDS: Readonly<Record<string, Readonly<Partial<Record<Tier, string>>>>> = {
  anthropic: { standard: 'standard', flex: 'flex', priority: 'priority' },
};

function expectServed(
  provider: AiProvider,
  { metadata, headers }: Served,
  tier: 'standard' | 'flex' | 'priority',
): void {
  expect(headers['offpeak-tier']).toBe(tier);
  if (provider.served !== null) {
    expect(provider.served(metadata)).toBe((SERVED_WORDS[provider.dialect] ?? provider.words)[tier]);
  }
  story.set(headers['x-request-id']!, { dialect: provider.dialect, served_tier: tier, outcome: 'completed' });
}

describe.each(EACH)('$name, $way', ({ provider, ask }) => {
  test('each word of the provider is served', async () => {
    expectServed(provider, await ask(provider, {}), 'standard');
    for (const [tier, word] of Object.entries(provider.words)) {
      expectServed(provider, await ask(provider, { word }), tier as keyof typeof provider.words);
    }
  });

  test('a header asks for flex', async () => {
    expectServed(provider, await ask(provider, { header: 'flex' }), 'flex');
  });

  test('no word is the tier of the project', async () => {
    expectServed(provider, await ask(provider, { project: 'flexible' }), 'flex');
  });
});

const HOSTED = EACH.flatMap(({ provider, ...way }) => {
  const { hosted, words } = provider;
  return hosted === undefined || words.flex === undefined ? [] : [{ provider, ...way, ...hosted, flex: words.flex }];
});

test.each(HOSTED)('$name, $way: the provider is asked in its own words, and what it says is told', async (hosted) => {
  const { provider, ask, model, fake, flex } = hosted;
  expectServed(provider, await ask(provider, { model, word: flex }), 'flex');
  const asked = house[fake].last().body;
  expect(asked).toMatchObject(fake === 'gemini' ? { serviceTier: 'flex' } : { service_tier: 'flex' });
});
