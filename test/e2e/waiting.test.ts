import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total } from './books.ts';
import {
  chunk,
  DONE,
  openStream,
  send,
  startFakeEngine,
  upstreamLine,
  usageChunk,
  wholeAnswer,
  works,
  type FakeEngine,
} from './fake-engine.ts';
import { startHouse, until, type House } from './harness.ts';
import { RawClient, rawPost } from './raw-client.ts';
import { CHAT_PATHS, chat, chatBody, eventsIn, MOUNTS, problemIn, textIn, untilIdle } from './requests.ts';

/** What the generated SDKs send: their timeout, in seconds. The answer is committed some time before. */
const IMPATIENT = { 'x-stainless-timeout': '1' };

let fake: FakeEngine;
let house: House;
async function open(config = '', slots = 1): Promise<void> {
  house = await startHouse({
    upstreams: [upstreamLine('gpu-0', fake.url, `capacity: { slots: ${slots} }`)],
    config: `${config.includes('server:') ? config : `${config}\nserver: { heartbeat: 100ms }`}`,
  });
}
beforeEach(async () => {
  fake = await startFakeEngine(works);
});
afterEach(async () => {
  await untilIdle(house);
  await checkBooks(house);
  await house.close();
  await fake.close();
});

/** Answers are held back until the test lets them go. */
function holdAnswers(): () => void {
  const held: (() => void)[] = [];
  fake.script = (res, body, req) => {
    held.push(() => {
      works(res, body, req);
    });
  };
  return () => {
    fake.script = works;
    for (const answer of held) answer();
  };
}

const FORMS = [
  ['standard', 'unary', { service_tier: null }],
  ['standard', 'streamed', { service_tier: null, stream: true }],
  ['flex', 'unary', { service_tier: 'flex' }],
  ['flex', 'streamed', { service_tier: 'flex', stream: true }],
] as const;

function raw(extra: object, headers: Record<string, string>, mount: keyof typeof CHAT_PATHS = 'openai'): RawClient {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return new RawClient(house.url).write(rawPost(CHAT_PATHS[mount], chatBody({ ...extra }), lines));
}

describe.each(FORMS)('a client that would leave, %s, %s,', (tier, form, words) => {
  const sign = form === 'streamed' ? ': keep-alive\n\n' : '\n';

  test('while the engine is slow, is committed to and kept alive until the answer comes', async () => {
    await open();
    const letGo = holdAnswers();
    const client = raw(words, IMPATIENT);
    await client.untilReceived('HTTP/1.1 200 OK');
    await until(() => client.received.split(sign).length > 4, 'several signs of life come');
    letGo();
    const { body, headers } = await client.answer();
    if (form === 'streamed') {
      expect(headers['content-type']).toContain('text/event-stream');
      expect(textIn(body)).toBe('ok');
      expect(eventsIn(body).at(-1)).toBe('[DONE]');
    } else {
      expect(headers['content-type']).toBe('application/json');
      expect(body).toMatch(/^\n+\{/);
      expect(JSON.parse(body)).toMatchObject({
        object: 'chat.completion',
        service_tier: tier === 'flex' ? 'flex' : 'default',
      });
    }
    // What was not settled when the headers went out is in none of them.
    expect(headers['offpeak-tier']).toBeUndefined();
    expect(await rowsOf(house)).toMatchObject([{ outcome: 'completed', status: 200 }]);
  });

  test('while it is queued, is kept alive, too, and told of a refusal in what it was promised', async () => {
    await open('tiers: { standard: { patience: 1500ms }, flex: { patience: 1500ms } }');
    const letGo = holdAnswers();
    const first = raw({}, {});
    await until(() => fake.received === 1, 'the only slot is taken');
    const client = raw(words, IMPATIENT, 'groq');
    await client.untilReceived('HTTP/1.1 200 OK');
    const { body } = await client.answer();
    const told = form === 'streamed' ? eventsIn(body)[0]! : body.trim();
    const problem = problemIn(told, 'groq');
    expect(problem.code).toBe(tier === 'flex' ? 'capacity_exceeded' : 'capacity_contended');
    expect(body).not.toContain('[DONE]');
    letGo();
    await first.answer();
    const rows = await rowsOf(house);
    expect(rows.find(({ outcome }) => outcome === 'refused')).toMatchObject({
      status: 200,
      cost_nano_usd: 0,
      upstream: null,
    });
  });

  test('is told of an engine that fails after the promise', async () => {
    await open();
    fake.script = () => undefined;
    const client = raw(words, IMPATIENT);
    await client.untilReceived('HTTP/1.1 200 OK');
    await until(() => client.received.includes(sign), 'a sign of life comes');
    await until(() => fake.open === 1, 'the engine has it');
    fake.script = (res) => {
      send(res, 400, '{"error":{"message":"no such thing"}}');
    };
    fake.drop();
    const { body } = await client.answer();
    const told = form === 'streamed' ? eventsIn(body)[0]! : body.trim();
    expect(problemIn(told).message).toBe('no such thing');
    expect(await rowsOf(house)).toMatchObject([{ outcome: 'failed', status: 200, cost_nano_usd: 0 }]);
  });

  test('is never promised anything when the answer is quick', async () => {
    await open();
    const client = raw(words, IMPATIENT);
    const { body } = await client.answer();
    expect(body).toMatch(form === 'streamed' ? /^data: / : /^\{/);
  });
});

describe('patience', () => {
  test.each(MOUNTS)('of the client is what its header says, on the %s mount', async (mount) => {
    await open();
    const letGo = holdAnswers();
    const first = raw({}, {});
    await until(() => fake.received === 1, 'the only slot is taken');
    for (const wait of ['0', '200ms']) {
      const refused = await chat(house, { service_tier: 'flex' }, { mount, headers: { 'offpeak-max-wait': wait } });
      expect(refused.status).toBe(mount === 'groq' ? 498 : 429);
      expect(refused.headers.get('x-should-retry')).toBe('false');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      const problem = problemIn(await refused.text(), mount);
      expect(problem.code).toBe(mount === 'groq' ? 'capacity_exceeded' : 'flex_unavailable');
      expect(problem.message).toContain('not charged');
      const standard = await chat(house, {}, { mount, headers: { 'offpeak-max-wait': wait } });
      expect(standard.status).toBe(429);
      expect(problemIn(await standard.text(), mount)).toMatchObject({ code: 'capacity_contended' });
    }
    expect(fake.received).toBe(1);
    letGo();
    await first.answer();
  });

  test('of flex can end as standard, when client or project say so', async () => {
    await open('', 2);
    const letGo = holdAnswers();
    const first = raw({ service_tier: 'flex' }, {});
    const second = raw({}, {});
    await until(() => fake.received === 2, 'the slots are taken');
    const headers = { 'offpeak-max-wait': '100ms', 'offpeak-on-unavailable': 'standard' };
    // Flex finds nothing; as standard it takes the slot of another flex request.
    fake.script = works;
    const answer = await chat(house, { service_tier: 'flex' }, { headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('offpeak-tier')).toBe('standard');
    expect(answer.headers.get('offpeak-requested-tier')).toBe('flex');
    expect(await answer.json()).toMatchObject({ service_tier: 'default' });
    letGo();
    await Promise.all([first.answer(), second.answer()]);
    const rows = await rowsOf(house);
    expect(rows.find(({ why }) => why === 'fallback')).toMatchObject({
      requested_tier: 'flex',
      served_tier: 'standard',
    });
  });

  test('never outlasts an SDK whose timeout covers the whole answer', async () => {
    await open();
    const letGo = holdAnswers();
    const first = raw({}, {});
    await until(() => fake.received === 1, 'the only slot is taken');
    // openai 7 counts until the end of a unary body, so nothing can keep it alive.
    const client = raw({ service_tier: 'flex' }, { ...IMPATIENT, 'user-agent': 'OpenAI/JS 7.55.0' });
    const { status, body } = await client.answer();
    const told = problemIn(body.trim());
    expect(told.code).toBe('flex_unavailable');
    expect([200, 429]).toContain(status);
    letGo();
    await first.answer();
  });

  test('is of no use when the queue is full', async () => {
    await open('server: { queueTicketsMax: 2, heartbeat: 100ms }');
    const letGo = holdAnswers();
    const first = raw({}, {});
    await until(() => fake.received === 1, 'the only slot is taken');
    const waiting = [raw({ service_tier: 'flex' }, {}), raw({ service_tier: 'flex' }, {})];
    await until(
      async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') === 2,
      'the queue is full',
    );
    const refused = await chat(house, { service_tier: 'flex' });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(0);
    expect(problemIn(await refused.text())).toMatchObject({ code: 'queue_full' });
    // A higher tier takes the place of the newest that waits.
    const higher = raw({}, {});
    const displaced = await waiting[1]!.answer();
    expect(displaced.status).toBe(503);
    expect(problemIn(displaced.body)).toMatchObject({ code: 'queue_full' });
    letGo();
    for (const client of [first, waiting[0]!, higher]) expect((await client.answer()).status).toBe(200);
  });

  test('is not tried when the wait is known to be longer: refused at once, with the time that it would take', async () => {
    await open('tiers: { flex: { patience: 10m } }');
    // Twenty answers of about 50 ms each: the queue drains by so much.
    fake.script = (res, body, req) => {
      setTimeout(() => {
        works(res, body, req);
      }, 50);
    };
    for (let turn = 0; turn < 20; turn += 1) await (await chat(house)).text();
    const letGo = holdAnswers();
    const queued = Array.from({ length: 60 }, () => raw({ service_tier: 'flex' }, {}));
    await until(async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') === 59, 'all wait');
    const refused = await chat(house, { service_tier: 'flex' }, { headers: { 'offpeak-max-wait': '2s' } });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('offpeak-wait-ms'))).toBeLessThan(2_000);
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(1_000);
    expect(problemIn(await refused.text()).message).toContain('was free for this request now');
    // Nor can a deadline be met that is nearer than that.
    const late = await chat(house, {}, { headers: { 'offpeak-deadline': '20ms' } });
    expect(late.status).toBe(429);
    expect(late.headers.get('x-should-retry')).toBe('false');
    expect(problemIn(await late.text())).toMatchObject({ code: 'deadline_unreachable' });
    letGo();
    for (const client of queued) expect((await client.answer()).status).toBe(200);
  });
});

test('a stream that was promised goes on as one: signs of life first, then the answer', async () => {
  await open();
  let letGo: (() => void) | undefined;
  fake.script = (res) => {
    letGo = () => {
      openStream(res);
      res.end(chunk('one ') + chunk('two') + chunk('', 'stop') + usageChunk(3, 2) + DONE);
    };
  };
  const client = raw({ stream: true, stream_options: { include_usage: true } }, IMPATIENT);
  await client.untilReceived(': keep-alive');
  letGo!();
  const { body } = await client.answer();
  expect(body.replace(/(: keep-alive\n\n)+/, '')).toMatch(/^data: \{"service_tier":"default"/);
  expect(textIn(body)).toBe('one two');
  expect(eventsIn(body)).toHaveLength(5);
});

test('a unary answer that was promised has no length and no cost in its headers, and all in its body', async () => {
  await open();
  fake.script = (res) => {
    setTimeout(() => {
      send(res, 200, wholeAnswer('x'.repeat(100_000)));
    }, 1_000);
  };
  const { headers, body } = await raw({}, IMPATIENT).answer();
  expect(headers['content-length']).toBeUndefined();
  expect(headers['offpeak-cost-usd']).toBeUndefined();
  expect(JSON.parse(body)).toMatchObject({ choices: [{ message: { content: 'x'.repeat(100_000) } }] });
});
