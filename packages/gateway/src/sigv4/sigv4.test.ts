import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { DIALECTS } from '@offpeak/dialects';
import { AwsV4Signer } from 'aws4fetch';
import fc from 'fast-check';
import { request as undiciRequest } from 'undici';
import { describe, expect, test, vi } from 'vitest';
import { generateKey } from '../keys/format.ts';
import { parseAuthorization } from './parse.ts';
import { accessKeyIdOf, keyIdOf, secretAccessKeyOf } from './secret.ts';
import { signRequest } from './sign.ts';
import { listen, type Answer } from './testing/servers.ts';
import { verifySignature, type Expected, type SignedRequest, type Verdict } from './verify.ts';

const KEY = generateKey();
const ID = accessKeyIdOf(KEY.id);
const SECRET = secretAccessKeyOf(KEY.secretSha256);
const REGION = 'eu-central-1';
const PLAIN = 'anthropic.claude-opus-4-6-v1:0';
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1:0';
const ASK = { messages: [{ role: 'user' as const, content: [{ text: 'Grüße 🌊' }] }] };
const OK: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    output: { message: { role: 'assistant', content: [{ text: 'Rhine' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    metrics: { latencyMs: 1 },
  }),
};

function expected(now: number = Date.now(), region?: string): Expected {
  return { now, secretOf: (id) => (id === ID ? SECRET : undefined), ...(region === undefined ? {} : { region }) };
}

function sdk(url: string, version: 1 | 2, more: object = {}): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: REGION,
    endpoint: url,
    credentials: { accessKeyId: ID, secretAccessKey: SECRET },
    ...(version === 1 ? { requestHandler: new NodeHttpHandler() } : {}),
    ...more,
  });
}

interface Seen {
  readonly request: SignedRequest;
  readonly verdict: Verdict;
}

/** What a call comes to at a server that verifies it. */
async function seenOf(version: 1 | 2, call: (url: string) => Promise<unknown>): Promise<Seen[]> {
  const seen: Seen[] = [];
  const server = await listen(version, async (request) => {
    seen.push({ request, verdict: await verifySignature(request, expected()) });
    return OK;
  });
  try {
    await call(server.url);
  } finally {
    await server.close();
  }
  return seen;
}

async function converse(version: 1 | 2, modelId: string, more: object = {}, path: string = ''): Promise<Seen> {
  const [seen] = await seenOf(version, async (url) => {
    const client = sdk(url + path, version, more);
    await client.send(new ConverseCommand({ modelId, ...ASK }));
    client.destroy();
  });
  return seen!;
}

describe.each([1, 2] as const)('the SDK of AWS over HTTP/%i', (version) => {
  test.each([PLAIN, ARN, "odd (model)'s name!*"])('is let in with the model %s', async (modelId) => {
    const { request, verdict } = await converse(version, modelId);
    expect(verdict).toEqual({ ok: true, accessKeyId: ID });
    expect(request.headers.authorization).toContain(version === 1 ? ';host;' : 'SignedHeaders=:authority;');
  });

  test('is let in with a session token and below a path', async () => {
    const credentials = { accessKeyId: ID, secretAccessKey: SECRET, sessionToken: 'FwoGZXIvYXdzE+/==' };
    const { request, verdict } = await converse(version, ARN, { credentials }, '/bedrock');
    expect(verdict).toEqual({ ok: true, accessKeyId: ID });
    expect(request.target).toMatch(/^\/bedrock\/model\/arn%3Aaws/);
    expect(request.headers['x-amz-security-token']).toBe(credentials.sessionToken);
  });

  test("is let in with a body of the model's own, its tier in a header", async () => {
    const [seen] = await seenOf(version, async (url) => {
      const client = sdk(url, version);
      await client.send(new InvokeModelCommand({ modelId: PLAIN, body: '{"messages":[]}', serviceTier: 'flex' }));
      client.destroy();
    });
    expect(seen!.verdict).toEqual({ ok: true, accessKeyId: ID });
    expect(seen!.request.headers['x-amzn-bedrock-service-tier']).toBe('flex');
  });

  test('is let in for a stream', async () => {
    const [seen] = await seenOf(version, async (url) => {
      const client = sdk(url, version);
      await client.send(new ConverseStreamCommand({ modelId: PLAIN, ...ASK })).catch(() => undefined);
      client.destroy();
    });
    expect(seen!.verdict).toEqual({ ok: true, accessKeyId: ID });
  });

  test('is not let in with any byte changed', async () => {
    const { request } = await converse(version, PLAIN);
    const now = Date.now();
    expect(await verifySignature(request, expected(now))).toMatchObject({ ok: true });
    const changed = [...changedTexts(request.target)].map((target) => ({ ...request, target }));
    for (let at = 0; at < request.body.length; at += 1) {
      const body = Buffer.from(request.body);
      body[at]! ^= 1;
      changed.push({ ...request, body });
    }
    for (const name of signedHeadersOf(request)) {
      for (const value of changedTexts(String(request.headers[name]))) {
        changed.push({ ...request, headers: { ...request.headers, [name]: value } });
      }
    }
    for (const authorization of changedTexts(request.headers.authorization!)) {
      changed.push({ ...request, headers: { ...request.headers, authorization } });
    }
    changed.push({ ...request, method: 'PUT' }, { ...request, target: `${request.target}?a=b` });
    expect(changed.length).toBeGreaterThan(500);
    for (const other of changed) expect(await verifySignature(other, expected(now))).toMatchObject({ ok: false });
  });

  test.each([1, -1])('sets its clock and comes again when it is told that it is off by %i h', async (hours) => {
    const verdicts: Verdict[] = [];
    const right = (): number => performance.timeOrigin + performance.now();
    const server = await listen(version, async (request) => {
      const now = right();
      const verdict = await verifySignature(request, expected(now));
      verdicts.push(verdict);
      const date = new Date(now).toUTCString();
      const answer = verdict.ok
        ? OK
        : DIALECTS.bedrock.problem({ kind: 'bad-signature', reason: 'skewed', detail: verdict.detail });
      return { ...answer, headers: { ...answer.headers, date } };
    });
    vi.useFakeTimers({ toFake: ['Date'], now: right() + hours * 3_600_000 });
    try {
      const client = sdk(server.url, version);
      const { $metadata } = await client.send(new ConverseCommand({ modelId: PLAIN, ...ASK }));
      expect($metadata.attempts).toBe(2);
      client.destroy();
    } finally {
      vi.useRealTimers();
      await server.close();
    }
    expect(verdicts).toMatchObject([{ reason: 'skewed' }, { ok: true }]);
  });
});

function signedHeadersOf(request: SignedRequest): readonly string[] {
  const parsed = parseAuthorization(request.headers.authorization ?? '');
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.claim.signedHeaders;
}

/** The text with each character in turn replaced by its neighbour, where that is not white space. */
function* changedTexts(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === ' ') continue;
    yield text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
  }
}

describe('another signer', () => {
  test("of Vercel's SDK, which leaves content-type unsigned, is let in", async () => {
    for (const model of [PLAIN, ARN]) {
      const [seen] = await seenOf(1, async (url) => {
        const signer = new AwsV4Signer({
          url: `${url}/model/${encodeURIComponent(model)}/converse`,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-amzn-bedrock-service-tier': 'flex' },
          body: JSON.stringify(ASK),
          region: REGION,
          service: 'bedrock',
          accessKeyId: ID,
          secretAccessKey: SECRET,
        });
        const { url: target, headers } = await signer.sign();
        await (await fetch(target, { method: 'POST', headers, body: JSON.stringify(ASK) })).text();
      });
      expect(seen!.verdict).toEqual({ ok: true, accessKeyId: ID });
      expect(signedHeadersOf(seen!.request)).not.toContain('content-type');
    }
  });

  test('our own, is let in', async () => {
    const [seen] = await seenOf(1, async (url) => {
      const target = new URL(`${url}/model/${encodeURIComponent(ARN)}/converse?a=b%20c`);
      const body = Buffer.from(JSON.stringify(ASK));
      const credentials = { accessKeyId: ID, secretAccessKey: SECRET, sessionToken: 'token' };
      const headers = { 'content-type': 'application/json', 'x-amzn-bedrock-service-tier': 'flex' };
      const signed = await signRequest({
        method: 'POST',
        url: target,
        headers,
        body,
        credentials,
        region: REGION,
        now: new Date(),
      });
      await (await undiciRequest(target, { method: 'POST', headers: signed, body })).body.dump();
    });
    expect(seen!.verdict).toEqual({ ok: true, accessKeyId: ID });
    expect(seen!.request.headers['x-amz-security-token']).toBe('token');
  });
});

const SKEW_MS_MAX = 5 * 60_000;
const NOW = Date.UTC(2026, 10, 21, 9, 30, 0);

async function signed(more: Record<string, string> = {}, at: number = NOW): Promise<SignedRequest> {
  const body = Buffer.from('{"a":1}');
  const headers = await signRequest({
    method: 'POST',
    url: new URL('http://gateway.example/model/m/converse'),
    headers: more,
    body,
    credentials: { accessKeyId: ID, secretAccessKey: SECRET },
    region: REGION,
    now: new Date(at),
  });
  return { method: 'POST', target: '/model/m/converse', headers, body };
}

function withHeaders(request: SignedRequest, headers: Record<string, string | undefined>): SignedRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

function authorization(request: SignedRequest, from: RegExp | string, to: string): SignedRequest {
  return withHeaders(request, { authorization: request.headers.authorization!.replace(from, to) });
}

describe('refusals tell why', () => {
  test.each<[string, string, RegExp, (request: SignedRequest) => SignedRequest]>([
    ['no signature', 'incomplete', /kind AWS4-HMAC-SHA256/, (r) => withHeaders(r, { authorization: undefined })],
    [
      'another algorithm',
      'incomplete',
      /AWS4-HMAC-SHA256/,
      (r) => authorization(r, 'AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'),
    ],
    ['no scope', 'incomplete', /Credential has to be/, (r) => authorization(r, '/aws4_request', '')],
    [
      'an empty list',
      'incomplete',
      /SignedHeaders has to be/,
      (r) => authorization(r, /SignedHeaders=[^,]*/, 'SignedHeaders='),
    ],
    ['half a signature', 'incomplete', /64 hexadecimal/, (r) => authorization(r, /Signature=.{32}/, 'Signature=')],
    ['a list without names', 'incomplete', /list of three/, (r) => authorization(r, 'Credential=', '')],
    ['a member twice', 'incomplete', /list of three/, (r) => authorization(r, /, Signature=.*/, '$&$&')],
    ['another service', 'scope', /service 's3'; it has to be 'bedrock'/, (r) => authorization(r, '/bedrock/', '/s3/')],
    ['no host', 'incomplete', /'host' or ':authority'/, (r) => authorization(r, 'host;', '')],
    ['no date', 'incomplete', /'x-amz-date' has to be/, (r) => authorization(r, ';x-amz-date', '')],
    [
      'an unsigned tier',
      'incomplete',
      /service-tier' was sent/,
      (r) => withHeaders(r, { 'x-amzn-bedrock-service-tier': 'flex' }),
    ],
    [
      'an unsigned token',
      'incomplete',
      /security-token' was sent/,
      (r) => withHeaders(r, { 'x-amz-security-token': 'x' }),
    ],
    [
      'a header that is not there',
      'incomplete',
      /'x-a' is signed/,
      (r) => authorization(r, ';x-amz-date', ';x-a;x-amz-date'),
    ],
    [
      'a name of JavaScript',
      'incomplete',
      /'constructor' is signed/,
      (r) => authorization(r, 'host;', 'constructor;host;'),
    ],
    [
      'a name with underscores',
      'incomplete',
      /'__proto__' is signed/,
      (r) => authorization(r, 'host;', '__proto__;host;'),
    ],
    ['a date that is none', 'incomplete', /a time like/, (r) => withHeaders(r, { 'x-amz-date': '20261399T000000Z' })],
    ['a date of another kind', 'incomplete', /a time like/, (r) => withHeaders(r, { 'x-amz-date': 'today' })],
    ['two dates', 'incomplete', /date is not that/, (r) => authorization(r, '/20261121/', '/20261122/')],
    ['somebody else', 'unknown-key', /unknown, expired or revoked/, (r) => authorization(r, ID, 'AKIAEXAMPLE')],
    ['another body', 'mismatch', /body is not the one/, (r) => ({ ...r, body: Buffer.from('{"a":2}') })],
    [
      'a body that is not signed',
      'mismatch',
      /SHA-256 of the body/,
      (r) => withHeaders(r, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
    ],
    ['another path', 'mismatch', /does not match/, (r) => ({ ...r, target: '/model/n/converse' })],
    ['a broken query', 'mismatch', /does not match/, (r) => ({ ...r, target: `${r.target}?a=%zz` })],
    [
      'another signature',
      'mismatch',
      /does not match/,
      (r) => authorization(r, /Signature=.*/, `Signature=${'0'.repeat(64)}`),
    ],
  ])('%s: %s', async (_what, reason, detail, change) => {
    const verdict = await verifySignature(change(await signed()), expected(NOW));
    expect(verdict).toMatchObject({ ok: false, reason, detail: expect.stringMatching(detail) as string });
    expect(JSON.stringify(verdict)).not.toContain(SECRET);
  });

  test('clocks may be five minutes apart, and not a second more', async () => {
    for (const [apart, wanted] of [
      [SKEW_MS_MAX, { ok: true }],
      [-SKEW_MS_MAX, { ok: true }],
      [
        SKEW_MS_MAX + 1_000,
        { reason: 'skewed', detail: expect.stringMatching(/^Signature not yet current: .*20261121T/) as string },
      ],
      [
        -SKEW_MS_MAX - 1_000,
        { reason: 'skewed', detail: expect.stringMatching(/^Signature expired: .*at most 5 minutes/) as string },
      ],
    ] as const) {
      expect(await verifySignature(await signed({}, NOW + apart), expected(NOW))).toMatchObject(wanted);
    }
  });

  test('a region is only asked for where one is set', async () => {
    expect(await verifySignature(await signed(), expected(NOW, REGION))).toMatchObject({ ok: true });
    expect(await verifySignature(await signed(), expected(NOW, 'us-east-1'))).toMatchObject({
      reason: 'scope',
      detail: `the credential is scoped to the region '${REGION}'; it has to be 'us-east-1'`,
    });
  });

  test('any header at all is judged', async () => {
    const request = await signed();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary-ascii' }), async (text) => {
        const judge = (value: string): Promise<Verdict> =>
          verifySignature(withHeaders(request, { authorization: value }), expected(NOW));
        expect(await judge(text)).toMatchObject({ ok: false });
        expect(await judge(`AWS4-HMAC-SHA256 ${text}`)).toMatchObject({ ok: false });
      }),
    );
  });
});

test('a proxy may change the version of HTTP, and add headers', async () => {
  const { host, ...headers } = (await signed()).headers;
  const asHttp2 = { ...(await signed()), headers: { ...headers, ':authority': host, 'x-amzn-trace-id': 'Root=1' } };
  expect(await verifySignature(asHttp2, expected(NOW))).toMatchObject({ ok: true });
  const { request } = await converse(2, PLAIN);
  const { ':authority': authority, ...rest } = request.headers;
  const asHttp1 = { ...request, headers: { ...rest, host: String(authority) } };
  expect(await verifySignature(asHttp1, expected())).toMatchObject({ ok: true });
});

test('a query is signed, whatever the order of its members', async () => {
  const url = new URL('http://gateway.example/model/m/converse?b=2&a=x%20y');
  const headers = await signRequest({
    method: 'GET',
    url,
    headers: {},
    body: Buffer.alloc(0),
    credentials: { accessKeyId: ID, secretAccessKey: SECRET },
    region: REGION,
    now: new Date(NOW),
  });
  const of = (target: string): Promise<Verdict> =>
    verifySignature({ method: 'GET', target, headers, body: Buffer.alloc(0) }, expected(NOW));
  expect(await of('/model/m/converse?b=2&a=x%20y')).toMatchObject({ ok: true });
  expect(await of('/model/m/converse?a=x%20y&b=2')).toMatchObject({ ok: true });
  for (const query of ['', '?b=2', '?a=x%20y&b=3', '?a=x%20y&b=2&c', '?a=x%20y&b=2&b=2']) {
    expect(await of(`/model/m/converse${query}`)).toMatchObject({ reason: 'mismatch' });
  }
});

test('credentials are derived from a key, and from the hash that the server keeps', () => {
  expect(ID).toMatch(/^op_[2-9a-z]{12}$/);
  expect(keyIdOf(ID)).toBe(KEY.id);
  expect(keyIdOf('AKIAEXAMPLE')).toBeUndefined();
  expect(SECRET).toMatch(/^[\w-]{43}$/);
  expect(secretAccessKeyOf(KEY.secretSha256)).toBe(SECRET);
  expect(SECRET).not.toBe(Buffer.from(KEY.secretSha256).toString('base64url'));
  expect(secretAccessKeyOf(Buffer.alloc(32))).toBe('MFgI-A53vmh7iINhP2SWvC01cjWMcLc3ejE08XpmDdE');
});
