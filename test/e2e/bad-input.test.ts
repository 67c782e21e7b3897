import { jsonDepthMax } from '@offpeak/dialects';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHouse, type House } from './harness.ts';
import { CHAT_PATHS, chatBody, MOUNTS, post, problemIn, untilIdle, type MountName } from './requests.ts';

let house: House;
beforeAll(async () => {
  house = await startHouse({
    config: `
projects:
  - { name: default, maxTier: standard }
server: { bodyMax: 256KiB }`,
  });
});
afterAll(() => house.close());

interface Wrong {
  readonly what: string;
  readonly body: string | Buffer<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly path?: string;
  readonly status: number;
  readonly code: string;
  readonly param?: string;
  /** What the message must say: what was wrong, where, what is allowed. */
  readonly says: readonly string[];
}

const messages = '"messages":[{"role":"user","content":"Hi"}]';
const words = (mount: MountName): string => (mount === 'groq' ? 'on_demand' : 'default');

const WRONG: readonly Wrong[] = [
  { what: 'no body', body: '', status: 400, code: 'invalid_json', says: ['not valid JSON', 'line 1, column 1'] },
  { what: 'text', body: 'Hi', status: 400, code: 'invalid_json', says: ["'H'", 'line 1, column 1'] },
  { what: 'an array', body: '[]', status: 400, code: 'invalid_json', says: ["'['", 'line 1, column 1'] },
  { what: 'a number', body: '7', status: 400, code: 'invalid_json', says: ["'7'"] },
  { what: 'a truncated body', body: chatBody().slice(0, -3), status: 400, code: 'invalid_json', says: ['column'] },
  { what: 'something after the end', body: `${chatBody()}}`, status: 400, code: 'invalid_json', says: ["'}'"] },
  {
    what: 'a comma too many, in line 3',
    body: `{"model":"sim-8b",\n${messages},\n}`,
    status: 400,
    code: 'invalid_json',
    says: ['line 3, column 1'],
  },
  { what: 'NaN', body: `{"model":"sim-8b","top_p":NaN,${messages}}`, status: 400, code: 'invalid_json', says: ["'N'"] },
  {
    what: 'JSON nested too deeply',
    body: `{"model":"sim-8b",${messages},"x":${'['.repeat(jsonDepthMax)}${']'.repeat(jsonDepthMax)}}`,
    status: 400,
    code: 'invalid_json',
    says: [`deeper than ${jsonDepthMax}`],
  },
  {
    what: 'a nest without an end',
    body: '{"a":'.repeat(40_000),
    status: 400,
    code: 'invalid_json',
    says: [`deeper than ${jsonDepthMax}`],
  },
  { what: 'zeros', body: Buffer.alloc(1_000), status: 400, code: 'invalid_json', says: ['0x00'] },
  { what: 'no model', body: `{${messages}}`, status: 400, code: 'invalid_value', param: 'model', says: ['missing'] },
  {
    what: 'an empty model',
    body: chatBody({ model: '' }),
    status: 400,
    code: 'invalid_value',
    param: 'model',
    says: ['empty'],
  },
  {
    what: 'a model that is a number',
    body: chatBody({ model: 8 }),
    status: 400,
    code: 'invalid_value',
    param: 'model',
    says: ['8', 'a string'],
  },
  {
    what: 'a model name without an end',
    body: chatBody({ model: 'x'.repeat(10_000) }),
    status: 400,
    code: 'invalid_value',
    param: 'model',
    says: ['256'],
  },
  {
    what: 'an unknown model',
    body: chatBody({ model: 'gpt-9' }),
    status: 404,
    code: 'model_not_found',
    param: 'model',
    says: ["'gpt-9'", "'sim-8b'"],
  },
  {
    what: 'no messages',
    body: '{"model":"sim-8b"}',
    status: 400,
    code: 'invalid_value',
    param: 'messages',
    says: ['missing', 'an array'],
  },
  {
    what: 'empty messages',
    body: chatBody({ messages: [] }),
    status: 400,
    code: 'invalid_value',
    param: 'messages',
    says: ['empty'],
  },
  {
    what: 'messages that are text',
    body: chatBody({ messages: 'Hi' }),
    status: 400,
    code: 'invalid_value',
    param: 'messages',
    says: ['"Hi"', 'an array'],
  },
  {
    what: 'stream as text',
    body: chatBody({ stream: 'yes' }),
    status: 400,
    code: 'invalid_value',
    param: 'stream',
    says: ['"yes"', 'true, false or null'],
  },
  {
    what: 'a negative bound',
    body: chatBody({ max_tokens: -1 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_tokens',
    says: ['-1', 'from 0 on'],
  },
  {
    what: 'a fractional bound',
    body: chatBody({ max_completion_tokens: 1.5 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_completion_tokens',
    says: ['1.5'],
  },
  {
    what: 'a bound beyond every model, as the engine says it,',
    body: chatBody({ max_tokens: 1e15, n: 128 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_tokens',
    says: ['max_tokens'],
  },
  {
    what: 'stream_options as text',
    body: chatBody({ stream: true, stream_options: 'usage' }),
    status: 400,
    code: 'invalid_value',
    param: 'stream_options',
    says: ['an object or null'],
  },
  {
    what: 'a tier that is a number',
    body: chatBody({ service_tier: 1 }),
    status: 400,
    code: 'invalid_value',
    param: 'service_tier',
    says: ['a string or null'],
  },
  {
    what: 'an unknown tier',
    body: chatBody({ service_tier: 'cheap' }),
    status: 400,
    code: 'invalid_value',
    param: 'service_tier',
    says: ["'cheap'", "'flex'", "'auto'"],
  },
  {
    what: 'two different tiers',
    body: `{"model":"sim-8b","service_tier":"flex","service_tier":"auto",${messages}}`,
    status: 400,
    code: 'invalid_value',
    param: 'service_tier',
    says: ['more than once'],
  },
  {
    what: 'two different tiers, one of them escaped',
    body: `{"model":"sim-8b","service_tier":"flex","service\\u005ftier":"auto",${messages}}`,
    status: 400,
    code: 'invalid_value',
    param: 'service_tier',
    says: ['more than once'],
  },
  {
    what: 'a form',
    body: 'model=sim-8b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    code: 'unsupported_content_type',
    says: ['application/x-www-form-urlencoded', 'application/json'],
  },
  {
    what: 'a compressed body',
    body: chatBody(),
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    code: 'unsupported_content_type',
    says: ['gzip'],
  },
  {
    what: 'a wait that is none',
    body: chatBody(),
    headers: { 'offpeak-max-wait': 'long' },
    status: 400,
    code: 'invalid_header',
    says: ["'offpeak-max-wait'", "'long'", '30s'],
  },
  {
    what: 'an unknown fallback',
    body: chatBody(),
    headers: { 'offpeak-on-unavailable': 'priority' },
    status: 400,
    code: 'invalid_header',
    says: ["'offpeak-on-unavailable'", 'refuse or standard'],
  },
  {
    what: 'a deadline that is past',
    body: chatBody(),
    headers: { 'offpeak-deadline': '2001-01-01T00:00:00Z' },
    status: 400,
    code: 'invalid_header',
    says: ["'offpeak-deadline'", '20m'],
  },
  {
    what: 'a session that is a book',
    body: chatBody(),
    headers: { 'offpeak-session': 'x'.repeat(300) },
    status: 400,
    code: 'invalid_header',
    says: ["'offpeak-session'", '256'],
  },
  {
    what: 'a body over the limit',
    body: chatBody({ filler: 'x'.repeat(300 * 1024) }),
    status: 413,
    code: 'request_too_large',
    says: [String(256 * 1024)],
  },
];

describe.each(MOUNTS)('on the %s mount', (mount) => {
  test.each(WRONG)('$what is refused with $status $code', async ({ body, headers, status, code, param, says }) => {
    const answer = await post(house, CHAT_PATHS[mount], body, headers === undefined ? {} : { headers });
    const text = await answer.text();
    const problem = problemIn(text, mount);
    expect({ status: answer.status, code: problem.code, param: problem.param ?? undefined }).toEqual({
      status,
      code,
      param,
    });
    for (const part of says) expect(problem.message).toContain(part);
    expect(problem.message.length).toBeLessThan(600);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  test('a tier above what the project may have is refused by both names', async () => {
    const word = mount === 'groq' ? 'performance' : 'priority';
    const answer = await post(house, CHAT_PATHS[mount], chatBody({ service_tier: word }));
    const problem = problemIn(await answer.text(), mount);
    expect(answer.status).toBe(403);
    expect(problem).toMatchObject({ code: 'service_tier_not_allowed', param: 'service_tier' });
    expect(problem.message).toContain(`'${word}'`);
    expect(problem.message).toContain(`'${words(mount)}'`);
  });

  test('a path that is none is 404, a method that is none 405 with the one that is', async () => {
    const base = CHAT_PATHS[mount].replace('/chat/completions', '');
    const lost = await post(house, `${base}/chat/completion`, chatBody());
    expect(lost.status).toBe(404);
    expect(problemIn(await lost.text(), mount).message).toContain(`POST ${base}/chat/completion`);

    const got = await fetch(house.url + CHAT_PATHS[mount]);
    expect(got.status).toBe(405);
    expect(got.headers.get('allow')).toBe('POST');
    expect(problemIn(await got.text(), mount)).toMatchObject({ code: 'method_not_allowed' });

    const put = await fetch(`${house.url}${base}/models/sim-8b`, { method: 'DELETE' });
    expect(put.status).toBe(405);
    expect(put.headers.get('allow')).toBe('GET');

    const model = await fetch(`${house.url}${base}/models/%E0%A4%A`);
    expect(model.status).toBe(404);
    problemIn(await model.text(), mount);
  });

  test.each([
    ['completions', 'prompt', {}],
    ['completions', 'prompt', { prompt: 7 }],
    ['embeddings', 'input', {}],
    ['embeddings', 'input', { input: [] }],
  ])('%s without a good %s is refused', async (operation, param, extra) => {
    const path = CHAT_PATHS[mount].replace('chat/completions', operation);
    const answer = await post(house, path, JSON.stringify({ model: 'sim-8b', ...extra }));
    expect(answer.status).toBe(400);
    expect(problemIn(await answer.text(), mount)).toMatchObject({ code: 'invalid_value', param });
  });
});

test('what only looks bad is served', async () => {
  const odd = [
    `\n\t ${chatBody()} \r\n`,
    `{"model":"sim-8b","max_tokens":1,"service_tier":"flex","service_tier":"flex",${messages}}`,
    chatBody({ max_tokens: 1, service_tier: null, stream: null, metadata: { a: [[[]]] } }),
    chatBody({ max_tokens: 1, messages: [{ role: 'user', content: '\u0000"}{]\u2028 \ud83c\udf19' }] }),
  ];
  for (const body of odd) {
    const answer = await post(house, '/v1/chat/completions', body);
    expect(await answer.json()).toMatchObject({ object: 'chat.completion' });
  }
  expect((await fetch(`${house.url}/v1/models?limit=3`)).status).toBe(200);
});

test('of what was refused nothing is left: no row, no slot', async () => {
  const rows = await house.ledger();
  const failed = rows.filter((row) => row['outcome'] !== 'completed');
  // Only what an engine turned away was a request; each mount sent one.
  expect(failed).toHaveLength(MOUNTS.length);
  for (const row of failed)
    expect(row).toMatchObject({ outcome: 'failed', status: 400, cost_nano_usd: 0, output_tokens: 0 });
  await untilIdle(house);
});

test('no body, however broken, gets anything but an answer or a refusal of its own', async () => {
  const good = Buffer.from(
    chatBody({
      max_tokens: 2,
      service_tier: 'flex',
      stream: true,
      stream_options: { include_usage: true },
      n: 1,
      stop: ['x'],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi \u00e9\n' }] }],
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
    }),
  );
  const byte = fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\u0-9e.tfn \n')), fc.integer({ min: 0, max: 255 }));
  const change = fc.record({ at: fc.nat(good.length - 1), cut: fc.nat(4), put: fc.array(byte, { maxLength: 4 }) });
  const broken = fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let body = good;
    for (const { at, cut, put } of changes) {
      body = Buffer.concat([body.subarray(0, at), Buffer.from(put), body.subarray(at + cut)]);
    }
    return body;
  });
  await fc.assert(
    fc.asyncProperty(broken, fc.constantFrom(...MOUNTS), async (body, mount) => {
      const answer = await post(house, CHAT_PATHS[mount], body);
      const text = await answer.text();
      expect([200, 400, 404]).toContain(answer.status);
      if (answer.status !== 200) problemIn(text, mount);
    }),
    { numRuns: 400 },
  );
  await untilIdle(house);
});
