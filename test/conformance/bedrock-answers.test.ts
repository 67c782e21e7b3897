import { CountTokensCommand, ValidationException, type CountTokensInput } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, type Row } from '../e2e/books.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import {
  ARN,
  connect,
  converse,
  failureOf,
  startBedrockHouse,
  TRANSPORTS,
  WAYS,
  type BedrockHouse,
} from './bedrock-clients.ts';

/** Answers as AWS's SDK hands them to its caller: from an engine and from Anthropic, translated, and from Bedrock, as they came. */

let house: BedrockHouse;
/** What the ledger is to say of a request; it is looked at once, when all are through. */
const booked = new Map<string, Partial<Row>>();
beforeAll(async () => {
  house = await startBedrockHouse();
});
afterEach(() => {
  expect(house.violations()).toEqual([]);
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

interface Seat {
  readonly modelId: string;
  readonly upstream: string;
  /** It repeats what it is told. */
  readonly echoes: boolean;
  readonly sees: boolean;
  readonly stops: boolean;
  readonly thinks?: true;
}

const SEATS: readonly Seat[] = [
  { modelId: 'sim-8b', upstream: 'gpu-0', echoes: false, sees: true, stops: true },
  { modelId: 'amazon.nova-pro-v1:0', upstream: 'bedrock', echoes: true, sees: true, stops: true },
  { modelId: ARN, upstream: 'bedrock', echoes: true, sees: true, stops: true },
  { modelId: 'openai.gpt-oss-120b-1:0', upstream: 'keyed', echoes: true, sees: false, stops: false, thinks: true },
  { modelId: 'claude-sonnet-4-6', upstream: 'anthropic', echoes: true, sees: true, stops: true },
];
const BOUND = { inferenceConfig: { maxTokens: 64 } };
const CASES = TRANSPORTS.flatMap((transport) =>
  SEATS.flatMap((seat) => WAYS.map((way) => ({ ...seat, transport, name: transport.name, way }))),
);

describe.each(CASES)('$name, $modelId, $way', (seat) => {
  const { transport, modelId, upstream, echoes, way, stops, thinks } = seat;
  const client = () => connect(house.url, transport);

  test('text, with usage and the served tier, as the ledger has them', async () => {
    const heard = await converse(client(), way, {
      modelId,
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'Hello' }] },
        { role: 'assistant', content: [{ text: 'Hello to you.' }] },
        { role: 'user', content: [{ text: 'one two' }, { text: ' three' }] },
      ],
      ...BOUND,
    });
    if (echoes) expect(heard.text).toBe('echo: one two three');
    else expect(heard.text).not.toBe('');
    expect(heard.stop).toBe('end_turn');
    expect(heard.tier).toBe('default');
    expect(heard.content.some(({ reasoningContent }) => reasoningContent !== undefined)).toBe(thinks === true);
    const { inputTokens: input, outputTokens: output, totalTokens } = heard.usage!;
    const cached = heard.usage!.cacheReadInputTokens ?? 0;
    expect(totalTokens).toBe(input! + cached + output!);
    booked.set(heard.requestId!, {
      dialect: 'bedrock',
      model: modelId,
      upstream,
      outcome: 'completed',
      served_tier: 'standard',
      stream: way === 'stream' ? 1 : 0,
      input_tokens: input! + cached,
      cached_input_tokens: cached,
      output_tokens: output!,
    });
  });

  test('the bound on the answer and stop sequences end it', async () => {
    const messages = [{ role: 'user' as const, content: [{ text: 'one two three four five six' }] }];
    const cut = await converse(client(), way, { modelId, messages, inferenceConfig: { maxTokens: 3 } });
    expect(cut.stop).toBe('max_tokens');
    if (!stops) return;
    const [first, second] = cut.text.trim().split(' ') as [string, string];
    const stopSequences = [` ${second}`];
    const stopped = await converse(client(), way, {
      modelId,
      messages,
      inferenceConfig: { maxTokens: 32, stopSequences },
    });
    expect(stopped.stop).toBe('stop_sequence');
    expect(stopped.text).toBe(first);
  });
});

describe.each(CASES.filter(({ sees }) => sees))('$name, $modelId, $way', ({ transport, modelId, echoes, way }) => {
  test('an image beside text', async () => {
    const bytes = Buffer.from(PNG_BASE64, 'base64');
    const content = [{ text: 'What is this?' }, { image: { format: 'png', source: { bytes } } } as const];
    const messages = [{ role: 'user' as const, content }];
    const heard = await converse(connect(house.url, transport), way, { modelId, messages, ...BOUND });
    if (echoes) expect(heard.text).toBe(`echo: What is this? [image/png ${bytes.length} bytes]`);
    // The engine takes a picture for the text of its part, which is long.
    else expect(heard.usage!.totalTokens).toBeGreaterThan(PNG_BASE64.length / 8);
  });

  test('documents beside text', async () => {
    const pdf = { format: 'pdf', name: 'A report', source: { bytes: Buffer.from('%PDF-1.7 nothing') } } as const;
    const note = { format: 'txt', name: 'A note', source: { bytes: Buffer.from('nothing') } } as const;
    const content = [{ text: 'What is this?' }, { document: pdf }, { document: note }];
    const messages = [{ role: 'user' as const, content }];
    const asked = converse(connect(house.url, transport), way, { modelId, messages, ...BOUND });
    if (!echoes) {
      // Engines take text and images only, and that is said before anything is sent.
      const error = await failureOf(asked);
      expect(error).toBeInstanceOf(ValidationException);
      expect(error.message).toContain('document');
      return;
    }
    const { text } = await asked;
    for (const name of ['16 bytes', '7 bytes']) expect(text).toContain(name);
  });

  test('structured output', async () => {
    const schema = {
      type: 'object',
      properties: { city: { enum: ['Rome', 'Bern'] } },
      required: ['city'],
      additionalProperties: false,
    };
    const jsonSchema = { name: 'place', schema: JSON.stringify(schema) };
    const heard = await converse(connect(house.url, transport), way, {
      modelId,
      messages: [{ role: 'user', content: [{ text: 'Where?' }] }],
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
      ...BOUND,
    });
    expect(['Rome', 'Bern']).toContain((JSON.parse(heard.text) as { city: string }).city);
  });
});

describe.each(TRANSPORTS)('$name', (transport) => {
  test.each(['', '/', '/bedrock', '/bedrock/'])('the endpoint may end in %j', async (prefix) => {
    const client = connect(house.url + prefix, transport);
    const messages = [{ role: 'user' as const, content: [{ text: 'here' }] }];
    for (const way of WAYS) {
      expect((await converse(client, way, { modelId: 'amazon.nova-pro-v1:0', messages })).text).toBe('echo: here');
    }
  });

  test('tokens are counted by who can, and estimated for the others', async () => {
    const client = connect(house.url, transport);
    const messages = [{ role: 'user' as const, content: [{ text: 'one two three' }] }];
    const count = async (modelId: string, input: CountTokensInput): Promise<number> => {
      return (await client.send(new CountTokensCommand({ modelId, input }))).inputTokens!;
    };
    expect(await count('amazon.nova-pro-v1:0', { converse: { messages } })).toBe(3);
    expect(await count(ARN, { converse: { messages, system: [{ text: 'Be brief.' }] } })).toBe(5);
    expect(await count('sim-8b', { converse: { messages } })).toBeGreaterThan(0);
    const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'one two three' }] }));
    expect(await count('claude-sonnet-4-6', { invokeModel: { body } })).toBeGreaterThan(0);
  });
});
