import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHouse, type House } from './harness.ts';
import { RawClient, rawPost } from './raw-client.ts';
import { CHAT_PATHS, chatBody, MOUNTS, problemIn, untilIdle } from './requests.ts';

const HEADER_MAX = 8 * 1024;
const BODY_MAX = 64 * 1024;

let house: House;
beforeAll(async () => {
  house = await startHouse({
    config: `server: { headerMax: 8KiB, bodyMax: 64KiB, headerReadMax: 300ms, bodyReadMax: 400ms }`,
  });
});
afterAll(async () => {
  await untilIdle(house);
  expect(await house.metrics()).toMatch(/^offpeak_connections [0-9]+$/m);
  await house.close();
});

function client(): RawClient {
  return new RawClient(house.url);
}

describe('what is not even HTTP', () => {
  test.each([
    ['noise', '\u0016\u0003\u0001 not http\r\n\r\n'],
    ['a header without a colon', 'GET /v1/models HTTP/1.1\r\nhost offpeak\r\n\r\n'],
    [
      'a length that is no number',
      rawPost('/v1/chat/completions', '{}').replace(/content-length: 2/, 'content-length: two'),
    ],
    ['two lengths', rawPost('/v1/chat/completions', '{}', ['content-length: 3'])],
    ['a length beside chunks', rawPost('/v1/chat/completions', '{}', ['transfer-encoding: chunked'])],
    ['a folded length', 'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n 0\r\n\r\n'],
  ])('%s gets 400 and the connection is closed', async (_what, text) => {
    const raw = client().write(text);
    const answer = await raw.answer();
    expect(answer.status).toBe(400);
    expect(problemIn(answer.body)).toMatchObject({ code: 'malformed_request', type: 'invalid_request_error' });
    await raw.untilEnded();
  });

  test('a chunk whose size is no number ends the request with 400', async () => {
    const raw = client().write('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    raw.write('5\r\n{"mod\r\nzz\r\n');
    const answer = await raw.answer();
    expect(answer.status).toBe(400);
    problemIn(answer.body);
    await raw.untilEnded();
  });

  test('on a connection that was good before, too', async () => {
    const raw = client().write('GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n');
    await raw.answer();
    raw.received = '';
    raw.write('NONSENSE\r\n\r\n');
    const answer = await raw.answer();
    expect(answer.status).toBe(400);
    expect(problemIn(answer.body)).toMatchObject({ code: 'malformed_request' });
    await raw.untilEnded();
  });

  test('never into the answer of a request before it', async () => {
    const raw = client().write(rawPost('/v1/chat/completions', chatBody({ stream: true, max_tokens: 400 })));
    await raw.untilReceived('data: ');
    raw.write('NONSENSE\r\n\r\n');
    await raw.untilEnded();
    expect(raw.received).not.toContain('HTTP/1.1 400');
  });

  test('a request without a host and one with an unknown expectation are served', async () => {
    const bare = await client().write('GET /v1/models HTTP/1.1\r\n\r\n').answer();
    expect(JSON.parse(bare.body)).toMatchObject({ object: 'list' });
    const expecting = await client().write('GET /v1/models HTTP/1.1\r\nhost: a\r\nexpect: wonders\r\n\r\n').answer();
    expect(JSON.parse(expecting.body)).toMatchObject({ object: 'list' });
  });
});

describe('sizes', () => {
  test.each([
    ['one header', `x-large: ${'x'.repeat(HEADER_MAX)}\r\n`],
    ['many headers', Array.from({ length: 500 }, (_, index) => `x-${index}: ${'x'.repeat(20)}\r\n`).join('')],
  ])('%s over the limit: 431 with the limit', async (_what, headers) => {
    const answer = await client().write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n${headers}\r\n`).answer();
    expect(answer.status).toBe(431);
    const problem = problemIn(answer.body);
    expect(problem.code).toBe('headers_too_large');
    expect(problem.message).toContain(String(HEADER_MAX));
  });

  test('a path over the limit: 431', async () => {
    const answer = await client()
      .write(`GET /v1/models?${'x'.repeat(HEADER_MAX)} HTTP/1.1\r\nhost: a\r\n\r\n`)
      .answer();
    expect(answer.status).toBe(431);
    problemIn(answer.body);
  });

  describe.each(MOUNTS)('of bodies, on the %s mount', (mount) => {
    const path = CHAT_PATHS[mount];

    test('an announced one over the limit is refused before it comes', async () => {
      const head = rawPost(path, '').replace('content-length: 0', `content-length: ${BODY_MAX + 1}`);
      const answer = await client().write(head).answer();
      expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
      const problem = problemIn(answer.body, mount);
      expect(problem.code).toBe('request_too_large');
      expect(problem.message).toContain(String(BODY_MAX));
    });

    test('one that grows over the limit in chunks is refused when it does', async () => {
      const raw = client().write(`POST ${path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`);
      const piece = `8000\r\n${'x'.repeat(0x8000)}\r\n`;
      raw.write(piece + piece + piece);
      const answer = await raw.answer();
      expect(answer.status).toBe(413);
      expect(problemIn(answer.body, mount).code).toBe('request_too_large');
      await raw.untilEnded();
    });

    test('one that asks first is told to come, or not to', async () => {
      const good = chatBody({ max_tokens: 1 });
      const welcome = client().write(rawPost(path, good, ['expect: 100-continue']).slice(0, -good.length));
      await welcome.untilReceived('HTTP/1.1 100 Continue');
      welcome.write(good);
      expect((await welcome.answer()).status).toBe(200);

      const head = rawPost(path, '', ['expect: 100-continue']).replace(
        'content-length: 0',
        `content-length: ${BODY_MAX + 1}`,
      );
      const refused = client().write(head);
      const answer = await refused.answer();
      expect(answer.status).toBe(413);
      expect(refused.received).not.toContain('100 Continue');
    });
  });
});

describe('slow senders', () => {
  test('headers that do not come to an end: 408', async () => {
    const raw = client().write('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n');
    const answer = await raw.answer();
    expect(answer.status).toBe(408);
    const problem = problemIn(answer.body);
    expect(problem.code).toBe('request_timeout');
    expect(problem.message).toContain('300ms');
    await raw.untilEnded();
  });

  test.each(MOUNTS)('a body that does not come to an end: 408, on the %s mount', async (mount) => {
    const body = chatBody();
    const raw = client().write(rawPost(CHAT_PATHS[mount], body).slice(0, -5));
    const answer = await raw.answer();
    expect(answer).toMatchObject({ status: 408, headers: { connection: 'close' } });
    const problem = problemIn(answer.body, mount);
    expect(problem.code).toBe('request_timeout');
    expect(problem.message).toContain('400ms');
    await raw.untilEnded();
  });

  test('a body in a hundred pieces is whole', async () => {
    const raw = client();
    for (const byte of rawPost('/v1/chat/completions', chatBody({ max_tokens: 1 }))) raw.write(byte);
    expect((await raw.answer()).status).toBe(200);
  });

  test('a sender that stops in the middle and says so gets 400', async () => {
    const raw = client().write(rawPost('/v1/chat/completions', chatBody()).slice(0, -5));
    raw.socket.end();
    const answer = await raw.answer();
    expect(answer.status).toBe(400);
    problemIn(answer.body);
    await raw.untilEnded();
  });
});

describe('old and hasty clients', () => {
  test('HTTP/1.0 gets a whole answer, and a stream without chunks', async () => {
    const body = chatBody();
    const old = (text: string): string => text.replace('HTTP/1.1', 'HTTP/1.0');
    const whole = await client()
      .write(old(rawPost('/v1/chat/completions', body)))
      .answer();
    expect(JSON.parse(whole.body)).toMatchObject({ object: 'chat.completion' });

    const raw = client().write(old(rawPost('/v1/chat/completions', chatBody({ stream: true }))));
    await raw.untilEnded();
    expect(raw.received).not.toContain('transfer-encoding');
    expect(raw.received).toMatch(/\r\n\r\ndata: \{[^]*data: \[DONE\]\n\n$/);
  });

  test('pipelined requests are answered in their order, streams among them', async () => {
    const raw = client().write(
      rawPost('/v1/chat/completions', chatBody({ stream: true, max_tokens: 50 })) +
        'GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n' +
        rawPost('/openai/v1/chat/completions', chatBody({ stream: true, max_tokens: 3, service_tier: 'flex' })) +
        rawPost('/v1/chat/completions', '{', ['connection: close']),
    );
    await raw.untilEnded();
    const kinds = [...raw.received.matchAll(/HTTP\/1\.1 (\d+)|"object":"list"|data: \[DONE\]|"code":"invalid_json"/g)];
    expect(kinds.map((match) => match[1] ?? match[0])).toEqual([
      '200',
      'data: [DONE]',
      '200',
      '"object":"list"',
      '200',
      'data: [DONE]',
      '400',
      '"code":"invalid_json"',
    ]);
  });
});
