import type Anthropic from '@anthropic-ai/sdk';
import type { Tier } from '@offpeak/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rowsOf, Witness, type Row } from '../e2e/books.ts';
import { closeChecked } from '../e2e/providers/hosted.ts';
import { anthropicSettings } from '../providers/anthropic/settings.ts';
import { openAiSettings } from '../providers/openai/settings.ts';
import { startAnthropicHouse, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_SDKS, told, type AnthropicSdk } from './anthropic-sdks.ts';
import { failure } from './failure.ts';

/**
 * What each way to ask for a tier comes to on a wire that has no word for flex, and that the caller can see it where Anthropic tells it:
 * in `usage.service_tier`.
 */

/** Projects with a limit of one request at priority, one for each case. */
const FEW = ANTHROPIC_SDKS.flatMap(({ name }) => ['unary', 'streamed'].map((way) => `few-${name}-${way}`));

let house: AnthropicHouse;
const witness = new Witness();
/** What the ledger must say in the end, by request. Read once, because rows are written in batches. */
const story = new Map<string, Partial<Row>>();

beforeAll(async () => {
  house = await startAnthropicHouse({
    projects: ['plain', 'flexible', 'buying', 'capped', ...FEW],
    settings: {
      flexible: 'defaultTier: flex',
      buying: 'autoBuysPriority: true',
      capped: 'maxTier: standard',
      ...Object.fromEntries(FEW.map((project) => [project, 'limits: { priority: { requestsPerMinute: 1 } }'])),
    },
  });
});
beforeEach(() => {
  house.checkProviders();
  Object.assign(house.anthropic.settings, anthropicSettings());
  Object.assign(house.openai.settings, openAiSettings());
});
afterAll(async () => {
  const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
  for (const [id, row] of story) expect(rows.get(id)).toMatchObject(row);
  await closeChecked(house, witness);
});

interface Asking {
  readonly project?: string;
  readonly model?: string;
  /** Words that the SDK's types do not have are sent as well. */
  readonly word?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Served {
  /** `usage.service_tier`. */
  readonly word: string | null;
  readonly headers: Headers;
}

const QUESTION = { max_tokens: 4, messages: [{ role: 'user' as const, content: 'hello' }] };

function connect(sdk: AnthropicSdk, project = 'plain'): Anthropic {
  return sdk.connect(house.url, { fetch: witness.fetch, apiKey: house.keys[project]! });
}

function bodyOf({ model = 'sim-8b', word }: Asking): Anthropic.MessageCreateParamsNonStreaming {
  return { ...QUESTION, model, ...(word === undefined ? {} : { service_tier: word as 'auto' }) };
}

async function unary(sdk: AnthropicSdk, asking: Asking): Promise<Served> {
  const options = { headers: asking.headers ?? {} };
  const { data, response } = await connect(sdk, asking.project).messages.create(bodyOf(asking), options).withResponse();
  return { word: data.usage.service_tier, headers: response.headers };
}

async function streamed(sdk: AnthropicSdk, asking: Asking): Promise<Served> {
  const options = { headers: asking.headers ?? {} };
  const { data, response } = await connect(sdk, asking.project)
    .messages.create({ ...bodyOf(asking), stream: true }, options)
    .withResponse();
  let word: string | null | undefined;
  for await (const event of data) if (event.type === 'message_start') word = event.message.usage.service_tier;
  expect(word).toBeDefined();
  return { word: word!, headers: response.headers };
}

const WAYS = [
  { way: 'unary', ask: unary },
  { way: 'streamed', ask: streamed },
] as const;
const EACH = ANTHROPIC_SDKS.flatMap((sdk) => WAYS.map((way) => ({ sdk, name: sdk.name, ...way })));

/** The caller, the headers and later the ledger agree. */
function expectServed(
  { word, headers }: Served,
  served: Tier,
  requested: Tier | 'auto',
  why: Row['why'] = 'asked',
): void {
  expect(word).toBe(served);
  expect(headers.get('offpeak-tier')).toBe(served);
  expect(headers.get('offpeak-requested-tier')).toBe(requested);
  story.set(headers.get('request-id')!, { dialect: 'anthropic', requested_tier: requested, served_tier: served, why });
}

describe.each(EACH)('$name, $way', ({ sdk, name, way, ask }) => {
  test.each([
    [undefined, 'standard', 'standard'],
    ['auto', 'auto', 'standard'],
    ['standard_only', 'standard', 'standard'],
    // Offpeak's own words, for callers that are not held to the SDK's types.
    ['flex', 'flex', 'flex'],
    ['priority', 'priority', 'priority'],
  ] as const)('%s is served', async (word, requested, served) => {
    expectServed(await ask(sdk, word === undefined ? {} : { word }), served, requested);
  });

  test.each(['flex', 'standard', 'priority'] as const)('the header asks for %s', async (tier) => {
    expectServed(await ask(sdk, { headers: { 'offpeak-tier': tier } }), tier, tier);
    expectServed(await ask(sdk, { headers: { 'offpeak-tier': tier }, word: 'auto' }), tier, tier);
  });

  test('no word is the tier of the project; its words for better are heard', async () => {
    expectServed(await ask(sdk, { project: 'flexible' }), 'flex', 'flex');
    expectServed(await ask(sdk, { project: 'flexible', word: 'standard_only' }), 'standard', 'standard');
  });

  test('auto is priority where the project buys it so, and standard_only never is', async () => {
    expectServed(await ask(sdk, { project: 'buying', word: 'auto' }), 'priority', 'auto');
    expectServed(await ask(sdk, { project: 'buying', word: 'standard_only' }), 'standard', 'standard');
  });

  test('priority beyond its limits is served as standard', async () => {
    const asking = { project: `few-${name}-${way}`, word: 'priority' };
    expectServed(await ask(sdk, asking), 'priority', 'priority');
    expectServed(await ask(sdk, asking), 'standard', 'priority', 'downgrade');
  });

  test('Anthropic is asked in its own words, and what it says is told', async () => {
    const model = 'claude-opus-4-8';
    const asked = (): unknown => (house.anthropic.last().body as { service_tier?: unknown }).service_tier;
    house.anthropic.settings.tier = 'priority';
    expectServed(await ask(sdk, { model }), 'standard', 'standard');
    expect(asked()).toBe('standard_only');
    expectServed(await ask(sdk, { model, project: 'buying', word: 'auto' }), 'priority', 'auto');
    expect(asked()).toBe('auto');
    house.anthropic.settings.tier = 'standard';
    expectServed(await ask(sdk, { model, word: 'priority' }), 'standard', 'priority', 'downgrade');
    expect(asked()).toBe('auto');
  });

  test('OpenAI is asked in its own words, and what it says is told', async () => {
    const model = 'gpt-5';
    const asked = (): unknown => (house.openai.last().body as { service_tier?: unknown }).service_tier;
    expectServed(await ask(sdk, { model, headers: { 'offpeak-tier': 'flex' } }), 'flex', 'flex');
    expect(asked()).toBe('flex');
    expectServed(await ask(sdk, { model, project: 'flexible' }), 'flex', 'flex');
    expectServed(await ask(sdk, { model, word: 'priority' }), 'priority', 'priority');
    expect(asked()).toBe('priority');
    house.openai.settings.tier = 'downgraded';
    expectServed(await ask(sdk, { model, word: 'priority' }), 'standard', 'priority', 'downgrade');
  });

  test('a tier that nobody tells is told as it was asked, with a mark', async () => {
    house.anthropic.settings.tier = null;
    const { headers } = await ask(sdk, { model: 'claude-opus-4-8' });
    expect(headers.get('offpeak-tier')).toBe('standard');
    expect(headers.get('offpeak-tier-verified')).toBe('false');
    house.openai.settings.tier = 'absent';
    const served = await ask(sdk, { model: 'gpt-5', word: 'flex' });
    expectServed(served, 'flex', 'flex');
    expect(served.headers.get('offpeak-tier-verified')).toBe('false');
  });

  test('flex is not to be had from Anthropic, and nothing is sent', async () => {
    const error = await failure(ask(sdk, { model: 'claude-opus-4-8', word: 'flex' }));
    expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(told(error)).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'service_tier' });
    expect(error.message).toContain("'flex'");
    expect(house.anthropic.requests).toEqual([]);
  });
});

test.each(ANTHROPIC_SDKS)('$name: tiers that are unknown or too high are refused by name', async (sdk) => {
  const unknown = await failure(unary(sdk, { word: 'platinum' }));
  expect(unknown).toBeInstanceOf(sdk.errors.BadRequestError);
  expect(told(unknown)).toMatchObject({ status: 400, code: 'invalid_value', param: 'service_tier' });
  for (const word of ['auto', 'standard_only', 'flex', 'priority']) expect(unknown.message).toContain(`'${word}'`);
  const high = await failure(unary(sdk, { project: 'capped', word: 'priority' }));
  expect(high).toBeInstanceOf(sdk.errors.PermissionDeniedError);
  expect(told(high)).toMatchObject({ status: 403, type: 'permission_error', code: 'service_tier_not_allowed' });
  expect(high.message).toContain("'standard_only'");
  const header = await failure(unary(sdk, { headers: { 'offpeak-tier': 'platinum' } }));
  expect(header).toBeInstanceOf(sdk.errors.BadRequestError);
  expect(header.message).toContain('offpeak-tier');
});
