import { once } from 'node:events';
import { connect } from 'node:net';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { createKey } from '@offpeak/gateway';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHouse, until, withStore, type House } from './harness.ts';

let house: House;
let aws: { accessKeyId: string; secretAccessKey: string };
let bearer: string;

/** What has to be encoded in a path, and what looks as if it were encoded already. */
const NAMES = [
  'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-8',
  'anthropic.claude-opus-4-6-v1:0',
  'my model',
  '100%',
  'a%2Fb',
  'a/../b',
  "it's (new)*!",
];
const MODELS = NAMES.map(
  (name) => `  - { name: ${JSON.stringify(name)}, targets: [{ upstream: gpu-0, model: sim-8b }] }\n`,
);

beforeAll(async () => {
  const config = `auth: keys\nsignatures: { region: eu-west-1 }\nmodels:\n${MODELS.join('')}`;
  house = await startHouse({ engines: [{}], config });
  const created = await withStore(house.data, (store) => createKey(store, 'evals', { now: Date.now() }));
  ({ aws, key: bearer } = created);
  const headers = { authorization: `Bearer ${bearer}` };
  await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the key is known');
});
afterAll(async () => {
  await house.close();
});

const MESSAGES = [{ role: 'user' as const, content: [{ text: 'Name a river.' }] }];

function client(options: object = {}): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'eu-west-1',
    endpoint: house.url,
    credentials: aws,
    maxAttempts: 1,
    ...options,
  });
}

async function refused(options: object): Promise<{ name: string; message: string; status: number | undefined }> {
  const error: unknown = await client(options)
    .send(new ConverseCommand({ modelId: 'sim-8b', messages: MESSAGES }))
    .catch((thrown: unknown) => thrown);
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return { name, message, status: $metadata?.httpStatusCode };
}

test('a signed request is served to the project of its key, over HTTP/2', async () => {
  const answer = await client().send(
    new ConverseCommand({ modelId: 'sim-8b', messages: MESSAGES, inferenceConfig: { maxTokens: 4 } }),
  );
  expect(answer.output?.message?.content?.[0]?.text).not.toBe('');
  const streamed = await client().send(
    new ConverseStreamCommand({ modelId: 'sim-8b', messages: MESSAGES, inferenceConfig: { maxTokens: 4 } }),
  );
  const events: string[] = [];
  for await (const event of streamed.stream!) events.push(...Object.keys(event));
  expect(events.at(0)).toBe('messageStart');
  expect(events.at(-1)).toBe('metadata');
  const rows = await house.ledger();
  expect(rows).toHaveLength(2);
  expect(rows.every(({ project }) => project === 'evals')).toBe(true);
});

test.each(NAMES)('a signed request for the model %j is served, over either version of HTTP', async (modelId) => {
  for (const requestHandler of [undefined, new NodeHttpHandler()]) {
    const signed = client(requestHandler === undefined ? {} : { requestHandler });
    const ask = { modelId, messages: MESSAGES, inferenceConfig: { maxTokens: 4 } };
    expect((await signed.send(new ConverseCommand(ask))).usage?.outputTokens).toBe(4);
    const streamed = await signed.send(new ConverseStreamCommand(ask));
    const events: string[] = [];
    for await (const event of streamed.stream!) events.push(...Object.keys(event));
    expect(events.at(-1)).toBe('metadata');
    signed.destroy();
  }
  const rows = await house.ledger();
  expect(rows.slice(-4).map(({ model, outcome }) => [model, outcome])).toEqual(Array(4).fill([modelId, 'completed']));
});

test('a wrong secret, a wrong region, an unknown key and a clock that is off are told apart', async () => {
  const before = (await house.ledger()).length;
  const wrong = await refused({ credentials: { ...aws, secretAccessKey: 'guessed' } });
  expect(wrong).toMatchObject({ name: 'InvalidSignatureException', status: 403 });
  expect(wrong.message).toMatch(/does not match/);
  const region = await refused({ region: 'us-east-1' });
  expect(region.status).toBe(403);
  expect(region.message).toMatch(/'us-east-1'; it has to be 'eu-west-1'/);
  const unknown = await refused({ credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'x' } });
  expect(unknown).toMatchObject({ name: 'UnrecognizedClientException', status: 403 });
  const skewed = await refused({ systemClockOffset: 20 * 60_000 });
  expect(skewed.status).toBe(403);
  expect(skewed.message).toMatch(/Signature not yet current/);
  expect(await house.ledger()).toHaveLength(before);
});

test('the same key works as a bearer token', async () => {
  const answer = await client({
    token: { token: bearer },
    authSchemePreference: ['httpBearerAuth'],
    credentials: undefined,
  }).send(new ConverseCommand({ modelId: 'sim-8b', messages: MESSAGES, inferenceConfig: { maxTokens: 4 } }));
  expect(answer.usage?.outputTokens).toBe(4);
});

test('a claim that cannot hold is refused before the body is there', async () => {
  const { hostname, port } = new URL(house.url);
  const socket = connect(Number(port), hostname);
  // None of the body is ever sent.
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n` +
      'authorization: AWS4-HMAC-SHA256 Credential=anybody\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 403 /);
});
