import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AwsV4Signer } from 'aws4fetch';
import { describe, expect, test } from 'vitest';
import { lookUp } from '../http/mounts.ts';
import { BEDROCK_PROTOCOL } from '../upstreams/providers/bedrock.ts';
import { signRequest } from './sign.ts';
import { listen } from './testing/servers.ts';
import { verifySignature, type SignedRequest } from './verify.ts';

/** AWS signs paths encoded twice, and without segments that are empty or of dots. What is signed has to be what is served. */

const CREDENTIALS = { accessKeyId: 'op_somebody', secretAccessKey: 'secret' };
const REGION = 'eu-central-1';
const MODELS = [
  'anthropic.claude-opus-4-6-v1:0',
  'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1:0',
  'arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint',
  'my model',
  '100%',
  'a%2Fb',
  'a%252Fb',
  'a//b',
  'a/./b',
  'a/../b',
  '../x',
  '/a/',
  '...',
  '%2e%2e',
  "it's (new)*!",
  'a+b&c=d;e,f@g$h?i#j~k',
  'Modell für Köln 🌊',
];

async function accepted(request: SignedRequest): Promise<boolean> {
  const verdict = await verifySignature(request, { now: Date.now(), secretOf: () => CREDENTIALS.secretAccessKey });
  return verdict.ok;
}

function modelAt(target: string): string | undefined {
  const hit = lookUp('POST', target, {});
  return hit.found ? hit.target.model : undefined;
}

/** The request of AWS's SDK for a model. */
async function bySdk(version: 1 | 2, modelId: string, below = ''): Promise<SignedRequest> {
  const seen: SignedRequest[] = [];
  const server = await listen(version, (request) => {
    seen.push(request);
    return Promise.resolve({ status: 400, headers: {}, body: '{}' });
  });
  const client = new BedrockRuntimeClient({
    region: REGION,
    endpoint: server.url + below,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    ...(version === 1 ? { requestHandler: new NodeHttpHandler() } : {}),
  });
  await client.send(new ConverseCommand({ modelId, messages: [] })).catch(() => undefined);
  client.destroy();
  await server.close();
  return seen[0]!;
}

describe.each(MODELS)('the model %j', (model) => {
  test.each([1, 2] as const)("is served and signed as AWS's SDK means it, over HTTP/%i", async (version) => {
    const request = await bySdk(version, model);
    expect(modelAt(request.target)).toBe(model);
    expect(await accepted(request)).toBe(true);
  });

  test('is served and signed as others encode it', async () => {
    const url = `http://gateway.example/model/${encodeURIComponent(model)}/converse`;
    const body = '{}';
    const signer = new AwsV4Signer({ method: 'POST', url, body, region: REGION, service: 'bedrock', ...CREDENTIALS });
    const { headers } = await signer.sign();
    const signed = { host: 'gateway.example', ...Object.fromEntries(headers as unknown as Iterable<[string, string]>) };
    const target = new URL(url).pathname;
    expect(modelAt(target)).toBe(model);
    expect(await accepted({ method: 'POST', target, headers: signed, body: Buffer.from(body) })).toBe(true);
  });

  test('goes to AWS in the very path that the SDK would send', async () => {
    const call = {
      wire: 'bedrock',
      operation: 'chat',
      model,
      stream: false,
      tierWord: null,
      invoke: false,
      client: {},
    };
    const path = BEDROCK_PROTOCOL.path(call as Parameters<typeof BEDROCK_PROTOCOL.path>[0]);
    expect(path).toBe((await bySdk(1, model)).target);
    const url = new URL(`http://aws.example${path}`);
    const body = Buffer.from('{}');
    const about = { method: 'POST', url, headers: {}, body, credentials: CREDENTIALS, region: REGION, now: new Date() };
    const headers = await signRequest(about);
    expect(await accepted({ method: 'POST', target: path, headers, body })).toBe(true);
  });
});

test.each(['/bedrock', '/bedrock/'])('below %s the model is the same', async (below) => {
  const request = await bySdk(2, MODELS[1]!, below);
  expect(modelAt(request.target)).toBe(MODELS[1]);
  expect(await accepted(request)).toBe(true);
});

test.each(['.', '..'])('the SDK can send %s, and it is no model', async (model) => {
  const request = await bySdk(1, model);
  expect(request.target).toBe(`/model/${model}/converse`);
  expect(await accepted(request)).toBe(true);
  expect(modelAt(request.target)).toBeUndefined();
});

test('one signature serves one model, whatever is done to the path on its way', async () => {
  const model = 'family/cheap';
  // As SDKs send it that leave slashes as they are.
  const url = new URL(`http://gateway.example/model/${model}/converse`);
  const body = Buffer.from('{}');
  const about = { method: 'POST', url, headers: {}, body, credentials: CREDENTIALS, region: REGION, now: new Date() };
  const headers = await signRequest(about);
  const segments = url.pathname.split('/').slice(1);
  let same = 0;
  for (const put of ['', '.', 'other/..', 'other/../.', '../model', '%2e', '%2E%2E', 'other']) {
    for (let at = 0; at <= segments.length; at += 1) {
      const target = `/${segments.toSpliced(at, 0, put).join('/')}`;
      const served = modelAt(target);
      const isAccepted = await accepted({ method: 'POST', target, headers, body });
      if (!isAccepted || served === undefined) continue;
      expect(served, target).toBe(model);
      same += 1;
    }
  }
  expect(same).toBeGreaterThan(0);
});
