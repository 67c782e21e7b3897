import {
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ValidationException,
  type BedrockRuntimeClient,
  type ServiceTierType,
} from '@aws-sdk/client-bedrock-runtime';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { checkBooks, rowsOf, type Row } from '../e2e/books.ts';
import {
  connect,
  failureOf,
  startBedrockHouse,
  TRANSPORTS,
  WAYS,
  type BedrockHouse,
  type Way,
} from './bedrock-clients.ts';

/** InvokeModel, whose bodies are the models' own: Anthropic's and OpenAI's reach every upstream, others Bedrock alone. */

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

interface Invoked {
  /** The model's own answer, or the events of its own stream. */
  readonly said: readonly unknown[];
  readonly tier: ServiceTierType | undefined;
  readonly type: string | undefined;
  readonly requestId: string;
}

async function invoke(
  client: BedrockRuntimeClient,
  way: Way,
  modelId: string,
  body: object,
  more: { readonly serviceTier?: ServiceTierType; readonly contentType?: string } = {},
): Promise<Invoked> {
  const input = { modelId, body: JSON.stringify(body), ...more };
  if (way === 'unary') {
    const { body: said, serviceTier, contentType, $metadata } = await client.send(new InvokeModelCommand(input));
    const whole = JSON.parse(Buffer.from(said).toString()) as unknown;
    return { said: [whole], tier: serviceTier, type: contentType, requestId: $metadata.requestId! };
  }
  const answer = await client.send(new InvokeModelWithResponseStreamCommand(input));
  const said: unknown[] = [];
  for await (const { chunk } of answer.body!) said.push(JSON.parse(Buffer.from(chunk!.bytes!).toString()));
  return { said, tier: answer.serviceTier, type: answer.contentType, requestId: answer.$metadata.requestId! };
}

interface Form {
  readonly body: object;
  /** What the form's own client reads. */
  text(said: readonly unknown[]): string;
  /** The tier where the form itself has a place for it. */
  tier(said: readonly unknown[]): string | null | undefined;
  readonly usage: (said: readonly unknown[]) => readonly [input: number, output: number];
}

const CLAUDE: Form = {
  body: {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 64,
    system: 'Be brief.',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'one two three' }] }],
  },
  text: (said) => {
    const events = said as (Anthropic.Message | Anthropic.MessageStreamEvent)[];
    return events
      .flatMap((event) => {
        if (event.type === 'message') return event.content.map((block) => (block.type === 'text' ? block.text : ''));
        return event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? [event.delta.text] : [];
      })
      .join('');
  },
  tier: (said) => {
    const [first] = said as (Anthropic.Message | Anthropic.MessageStartEvent)[];
    return (first!.type === 'message' ? first! : (first as Anthropic.MessageStartEvent).message).usage.service_tier;
  },
  usage: (said) => {
    const events = said as (Anthropic.Message | Anthropic.MessageStreamEvent)[];
    const first = events[0]!;
    if (first.type === 'message') return [first.usage.input_tokens, first.usage.output_tokens];
    const start = first as Anthropic.MessageStartEvent;
    const end = events.find((event) => event.type === 'message_delta')!;
    return [end.usage.input_tokens ?? start.message.usage.input_tokens, end.usage.output_tokens];
  },
};

const GPT: Form = {
  body: {
    max_completion_tokens: 64,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one two three' },
    ],
  },
  text: (said) => {
    const chunks = said as { choices: { message?: { content: string }; delta?: { content?: string | null } }[] }[];
    return chunks.map(({ choices: [choice] }) => choice?.message?.content ?? choice?.delta?.content ?? '').join('');
  },
  tier: (said) => (said[0] as OpenAI.ChatCompletion).service_tier,
  usage: (said) => {
    const { usage } = said.at(-1) as OpenAI.ChatCompletion;
    return [usage!.prompt_tokens, usage!.completion_tokens];
  },
};

const CASES = [
  { form: CLAUDE, what: "Anthropic's body", modelId: 'sim-8b', upstream: 'gpu-0', tier: 'standard' },
  { form: GPT, what: "OpenAI's body", modelId: 'sim-8b', upstream: 'gpu-0', tier: 'default' },
  {
    form: CLAUDE,
    what: "Anthropic's body",
    modelId: 'us.anthropic.claude-opus-4-8',
    upstream: 'bedrock',
    tier: undefined,
  },
  { form: CLAUDE, what: "Anthropic's body", modelId: 'claude-sonnet-4-6', upstream: 'anthropic', tier: 'standard' },
  { form: GPT, what: "OpenAI's body", modelId: 'claude-sonnet-4-6', upstream: 'anthropic', tier: 'default' },
].flatMap((one) =>
  TRANSPORTS.flatMap((transport) => WAYS.map((way) => ({ ...one, transport, name: transport.name, way }))),
);

test.each(CASES)('$name, $modelId, $what, $way', async ({ transport, form, modelId, upstream, tier, way }) => {
  const invoked = await invoke(connect(house.url, transport), way, modelId, form.body);
  if (upstream === 'gpu-0') expect(form.text(invoked.said)).not.toBe('');
  else expect(form.text(invoked.said)).toBe('echo: one two three');
  expect(form.tier(invoked.said) ?? undefined).toBe(tier);
  expect(invoked.tier).toBe('default');
  const [input, output] = form.usage(invoked.said);
  booked.set(invoked.requestId, {
    model: modelId,
    upstream,
    outcome: 'completed',
    input_tokens: input,
    output_tokens: output,
  });
});
/** A body that only Bedrock understands. */
const NOVA: Form = {
  body: {
    schemaVersion: 'messages-v1',
    messages: [{ role: 'user', content: [{ text: 'one two three' }] }],
    inferenceConfig: { maxTokens: 64 },
  },
  text: (said) => {
    const events = said as {
      output?: { message: { content: { text: string }[] } };
      contentBlockDelta?: { delta: { text: string } };
    }[];
    return events
      .map(({ output, contentBlockDelta: change }) => output?.message.content[0]!.text ?? change?.delta.text ?? '')
      .join('');
  },
  tier: () => undefined,
  usage: (said) => {
    const last = said.at(-1) as { usage?: Usage; metadata?: { usage: Usage } };
    const { inputTokens, outputTokens } = last.usage ?? last.metadata!.usage;
    return [inputTokens, outputTokens];
  },
};
interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

test.each(WAYS)('%s: a body that only Bedrock understands reaches Bedrock, and nobody else', async (way) => {
  const client = connect(house.url);
  const { said, requestId } = await invoke(client, way, 'amazon.nova-pro-v1:0', NOVA.body);
  expect(NOVA.text(said)).toBe('echo: one two three');
  const [input, output] = NOVA.usage(said);
  booked.set(requestId, { upstream: 'bedrock', input_tokens: input, output_tokens: output });
  for (const modelId of ['sim-8b', 'claude-sonnet-4-6']) {
    const error = await failureOf(invoke(client, way, modelId, NOVA.body));
    expect(error).toBeInstanceOf(ValidationException);
    expect(error.message).toContain('only Bedrock speaks');
  }
});

const TIERS = [
  { word: 'default', tier: 'standard' },
  { word: 'flex', tier: 'flex' },
  { word: 'priority', tier: 'priority' },
] as const;

test.each(TIERS.flatMap((one) => WAYS.map((way) => ({ ...one, way }))))('$way: $word goes by a header', async (one) => {
  const { word, tier, way } = one;
  const client = connect(house.url);
  for (const form of [CLAUDE, GPT]) {
    const served = await invoke(client, way, 'sim-8b', form.body, {
      serviceTier: word,
      contentType: 'application/json',
    });
    expect(served.tier).toBe(word);
    booked.set(served.requestId, { requested_tier: tier, served_tier: tier, upstream: 'gpu-0' });
  }
  const served = await invoke(client, way, 'amazon.nova-pro-v1:0', NOVA.body, { serviceTier: word });
  expect(served.tier).toBe(word);
  expect(house.bedrock.last().headers['x-amzn-bedrock-service-tier']).toBe(word);
  booked.set(served.requestId, { requested_tier: tier, served_tier: tier, upstream: 'bedrock' });
});

test('reserved capacity is the normal tier', async () => {
  const served = await invoke(connect(house.url), 'unary', 'sim-8b', CLAUDE.body, { serviceTier: 'reserved' });
  expect(served.tier).toBe('default');
  booked.set(served.requestId, { requested_tier: 'standard', served_tier: 'standard' });
});
