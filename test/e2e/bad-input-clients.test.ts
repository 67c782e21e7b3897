import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMetrics, rowsOf, total } from './books.ts';
import { chunk, openStream, startFakeEngine, upstreamLine, usageChunk, works, type FakeEngine } from './fake-engine.ts';
import { startHouse, until, type House } from './harness.ts';
import { RawClient, rawPost } from './raw-client.ts';
import { CHAT_PATHS, chat, chatBody, untilIdle } from './requests.ts';

const SLOW_READER = '500ms';

let fake: FakeEngine;
let house: House;
beforeEach(async () => {
  fake = await startFakeEngine(works);
  house = await startHouse({
    upstreams: [upstreamLine('gpu-0', fake.url, 'capacity: { slots: 1 }')],
    config: `server: { slowReaderMax: ${SLOW_READER} }`,
  });
});
afterEach(async () => {
  await house.close();
  await fake.close();
});

/** Whatever happened before: nothing is left of it, and the next request is served. */
async function expectServing(): Promise<void> {
  await untilIdle(house);
  await until(() => fake.open === 0, 'the engine is left alone');
  fake.script = works;
  const answer = await chat(house);
  expect(answer.status).toBe(200);
  await answer.text();
}

const TIERS = ['default', 'flex'] as const;
const FORMS = [
  ['unary', false],
  ['stream', true],
] as const;

describe.each(TIERS)('a client that vanishes, %s,', (tier) => {
  test('while its body is read leaves no row', async () => {
    const raw = new RawClient(house.url).write(
      rawPost(CHAT_PATHS.openai, chatBody({ service_tier: tier })).slice(0, -9),
    );
    await until(async () => /^offpeak_connections [1-9]/m.test(await house.metrics()), 'the connection is open');
    raw.vanish();
    await expectServing();
    expect(await rowsOf(house)).toHaveLength(1);
    expect(fake.received).toBe(1);
  });

  test.each(FORMS)('while it is queued, %s, never reaches the engine', async (_form, stream) => {
    fake.script = () => undefined;
    const first = new RawClient(house.url).write(rawPost(CHAT_PATHS.openai, chatBody()));
    await until(() => fake.received === 1, 'the only slot is taken');
    const second = new RawClient(house.url).write(rawPost(CHAT_PATHS.openai, chatBody({ service_tier: tier, stream })));
    await until(async () => /^offpeak_queue_depth\{.*\} 1$/m.test(await house.metrics()), 'the second one waits');
    second.vanish();
    await until(async () => !/^offpeak_queue_depth\{.*\} 1$/m.test(await house.metrics()), 'it waits no more');
    first.vanish();
    await expectServing();
    expect(fake.received).toBe(2);
    const [left] = await rowsOf(house);
    expect(left).toMatchObject({ outcome: 'cancelled', status: 499, upstream: null, cost_nano_usd: 0 });
  });

  test.each(FORMS)('while the engine works on it, %s, stops the engine', async (_form, stream) => {
    fake.script = () => undefined;
    const raw = new RawClient(house.url).write(
      rawPost(CHAT_PATHS.groq, chatBody({ stream, service_tier: tier === 'flex' ? 'flex' : 'on_demand' })),
    );
    await until(() => fake.open === 1, 'the engine has it');
    raw.vanish();
    await expectServing();
    expect((await rowsOf(house))[0]).toMatchObject({
      outcome: 'cancelled',
      status: 499,
      upstream: 'gpu-0',
      output_tokens: 0,
    });
  });

  test('in the middle of its stream owes what it was sent', async () => {
    fake.script = (res) => {
      openStream(res);
      res.write(chunk('one ') + chunk('two '));
    };
    const raw = new RawClient(house.url).write(
      rawPost(CHAT_PATHS.openai, chatBody({ stream: true, service_tier: tier })),
    );
    await raw.untilReceived('two');
    raw.vanish();
    await expectServing();
    expect((await rowsOf(house))[0]).toMatchObject({ outcome: 'cancelled', status: 200, output_tokens: 2 });
  });

  test('in the middle of a unary answer stops the engine', async () => {
    fake.script = (res, body) => {
      if (body['stream'] === true) {
        openStream(res);
        res.write(chunk('one '));
      } else {
        res.writeHead(200, { 'content-length': 1_000 });
        res.write('{"id":');
      }
    };
    const raw = new RawClient(house.url).write(rawPost(CHAT_PATHS.openai, chatBody({ service_tier: tier })));
    await until(() => fake.open === 1, 'the engine has it');
    raw.vanish();
    await expectServing();
  });

  test('by closing its half of the connection is gone, too', async () => {
    fake.script = () => undefined;
    const raw = new RawClient(house.url).write(rawPost(CHAT_PATHS.openai, chatBody({ service_tier: tier })));
    await until(() => fake.open === 1, 'the engine has it');
    raw.socket.end();
    await expectServing();
  });
});

describe('a client that does not read', () => {
  const PIECE = 'x'.repeat(16 * 1024);
  /** More than every buffer between the engine and the client can hold together. */
  const PIECES_MAX = 4_000;

  test.each(TIERS)('holds up the engine, %s, not the memory, and is cut off', async (tier) => {
    let written = 0;
    let stalled = false;
    fake.script = (res) => {
      openStream(res);
      const more = (): void => {
        while (written < PIECES_MAX) {
          written += 1;
          if (!res.write(chunk(PIECE))) {
            stalled = true;
            res.once('drain', more);
            return;
          }
        }
      };
      more();
    };
    const raw = new RawClient(house.url);
    raw.socket.pause();
    raw.write(rawPost(CHAT_PATHS.openai, chatBody({ stream: true, service_tier: tier })));
    await until(() => stalled && fake.open === 0, 'the client is cut off');
    expect(written).toBeLessThan(PIECES_MAX);
    await expectServing();
    expect((await rowsOf(house))[0]).toMatchObject({ outcome: 'cancelled', status: 200 });
    raw.vanish();
  });

  test('and then does gets all of it', async () => {
    const pieces = 1_000;
    let stalled = false;
    fake.script = (res) => {
      openStream(res);
      for (let piece = 0; piece < pieces; piece += 1) stalled = !res.write(chunk(PIECE)) || stalled;
      res.end(chunk('', 'stop') + usageChunk(3, pieces) + 'data: [DONE]\n\n');
    };
    const raw = new RawClient(house.url);
    raw.socket.pause();
    raw.write(rawPost(CHAT_PATHS.openai, chatBody({ stream: true })));
    await until(() => stalled, 'the engine is ahead of the client');
    raw.socket.resume();
    await until(
      () => raw.received.length > pieces * PIECE.length && raw.received.endsWith('\r\n0\r\n\r\n'),
      'all came',
    );
    const { body } = await raw.answer();
    expect(body.match(/"content":"x/g)).toHaveLength(pieces);
    expect(body).toMatch(/data: \[DONE\]\n\n$/);
    await expectServing();
  });

  test('a whole answer is cut off, and the slot was free long before', async () => {
    await (await chat(house)).text();
    const connected = total(readMetrics(await house.metrics()), 'offpeak_connections');
    const large = 'x'.repeat(32 * 1024 * 1024);
    fake.script = (res) => {
      const text = JSON.stringify({ object: 'chat.completion', choices: [], large });
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
      res.end(text);
    };
    const raw = new RawClient(house.url);
    raw.socket.pause();
    raw.write(rawPost(CHAT_PATHS.openai, chatBody()));
    await until(() => fake.received === 2 && fake.open === 0, 'the engine is done');
    await expectServing();
    await until(
      async () => total(readMetrics(await house.metrics()), 'offpeak_connections') <= connected,
      'the client is cut off',
    );
    raw.vanish();
  });
});
