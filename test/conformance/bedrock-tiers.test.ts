import { ValidationException, type Message, type ServiceTierType } from '@aws-sdk/client-bedrock-runtime';
import type { Tier } from '@offpeak/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, type Row } from '../e2e/books.ts';
import { bedrockSettings } from '../providers/bedrock/settings.ts';
import {
  connect,
  converse,
  failureOf,
  startBedrockHouse,
  TRANSPORTS,
  WAYS,
  type BedrockHouse,
  type Heard,
} from './bedrock-clients.ts';

/** What `serviceTier` comes to, and where the SDK's caller sees it. */

let house: BedrockHouse;
/** What the ledger is to say of a request; it is looked at once, when all are through. */
const booked = new Map<string, Partial<Row>>();
beforeAll(async () => {
  house = await startBedrockHouse();
});
afterEach(() => {
  expect(house.violations()).toEqual([]);
  for (const { settings } of [house.bedrock, house.keyed]) Object.assign(settings, bedrockSettings());
});
afterAll(async () => {
  try {
    await checkBooks(house);
    const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
    expect(booked.size).toBeGreaterThan(0);
    for (const [id, row] of booked) expect(rows.get(id)).toMatchObject(row);
  } finally {
    await house.close();
  }
});

function book({ requestId }: Heard, row: Partial<Row>): void {
  booked.set(requestId!, row);
}

const MESSAGES: Message[] = [{ role: 'user', content: [{ text: 'one two three' }] }];
const ASK = { messages: MESSAGES, inferenceConfig: { maxTokens: 16 } };

const WORDS: readonly (readonly [ServiceTierType | undefined, Tier, Tier, ServiceTierType])[] = [
  [undefined, 'standard', 'standard', 'default'],
  ['default', 'standard', 'standard', 'default'],
  ['reserved', 'standard', 'standard', 'default'],
  ['flex', 'flex', 'flex', 'flex'],
  ['priority', 'priority', 'priority', 'priority'],
];
const SEATS = [
  { modelId: 'sim-8b', upstream: 'gpu-0' },
  { modelId: 'amazon.nova-pro-v1:0', upstream: 'bedrock' },
  { modelId: 'openai.gpt-oss-120b-1:0', upstream: 'keyed' },
];
const CASES = TRANSPORTS.flatMap((transport) =>
  SEATS.flatMap((seat) =>
    WORDS.flatMap(([word, requested, served, told]) =>
      WAYS.map((way) => ({ ...seat, transport, name: transport.name, word, requested, served, told, way })),
    ),
  ),
);

test.each(CASES)('$name, $modelId, $way: $word is served as $served', async (seat) => {
  const { transport, modelId, upstream, word, requested, served, told, way } = seat;
  const tier = word === undefined ? {} : { serviceTier: { type: word } };
  const heard = await converse(connect(house.url, transport), way, { modelId, ...ASK, ...tier });
  expect(heard.tier).toBe(told);
  book(heard, { requested_tier: requested, served_tier: served, why: 'asked', outcome: 'completed', upstream });
  if (upstream === 'gpu-0') return;
  const fake = upstream === 'bedrock' ? house.bedrock : house.keyed;
  expect(fake.last().body).toMatchObject({ serviceTier: { type: told } });
});

describe.each(WAYS)('%s', (way) => {
  test('what Bedrock served instead is told', async () => {
    house.bedrock.settings.tier = 'downgraded';
    const client = connect(house.url);
    const heard = await converse(client, way, {
      modelId: 'amazon.nova-pro-v1:0',
      ...ASK,
      serviceTier: { type: 'priority' },
    });
    expect(heard.tier).toBe('default');
    book(heard, { requested_tier: 'priority', served_tier: 'standard', why: 'downgrade' });
  });

  test('a tier that Bedrock did not confirm is not claimed in its own place', async () => {
    house.bedrock.settings.tier = 'absent';
    const client = connect(house.url);
    const heard = await converse(client, way, {
      modelId: 'amazon.nova-pro-v1:0',
      ...ASK,
      serviceTier: { type: 'flex' },
    });
    expect(heard.tier).toBeUndefined();
    book(heard, { requested_tier: 'flex', served_tier: 'flex' });
  });

  test('a tier that no upstream has for the model is refused before anything is sent', async () => {
    for (const modelId of ['us.anthropic.claude-opus-4-8', 'claude-sonnet-4-6']) {
      const error = await failureOf(
        converse(connect(house.url), way, { modelId, ...ASK, serviceTier: { type: 'flex' } }),
      );
      expect(error).toBeInstanceOf(ValidationException);
      expect(error.message).toContain(modelId);
      expect(error.$metadata.attempts).toBe(1);
    }
  });

  test('or served as standard, where the caller allows it', async () => {
    const client = connect(house.url);
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['offpeak-on-unavailable'] = 'standard';
        return next(args);
      },
      { step: 'build' },
    );
    const heard = await converse(client, way, { modelId: 'claude-sonnet-4-6', ...ASK, serviceTier: { type: 'flex' } });
    expect(heard.tier).toBe('default');
    book(heard, { requested_tier: 'flex', served_tier: 'standard' });
  });
});
