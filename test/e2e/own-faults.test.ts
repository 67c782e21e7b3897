import { afterEach, expect, test } from 'vitest';
import { checkBooks, rowsOf, untilQuiet } from './books.ts';
import { startHouse, type House } from './harness.ts';
import { chat, post } from './requests.ts';

/** A mistake of Offpeak's own is one request's alone: it is told, its ticket ends, and its slot is free again. */

/** Parts of the gateway that a request goes through when it ends. */
type Part = 'bill' | 'book' | 'answerHeaders';

let house: House;
let log: string[];

async function start(): Promise<void> {
  log = [];
  house = await startHouse({ engines: [{ slots: 1 }], log: (line) => log.push(line) });
}

afterEach(async () => {
  await house.close();
});

function breakPart(part: Part): void {
  Object.assign(house.gateway, {
    [part]() {
      throw new Error(`${part} is out of order`);
    },
  });
}

function mend(part: Part): void {
  Reflect.deleteProperty(house.gateway, part);
}

const REQUESTS = [
  ['a unary answer', {}],
  ['a stream', { stream: true }],
  ['a unary flex answer', { service_tier: 'flex' }],
  ['a flex stream', { stream: true, service_tier: 'flex' }],
] as const;

const CASES = REQUESTS.flatMap(([name, body]) => {
  return (['bill', 'book', 'answerHeaders'] as const).map((part) => [part, name, body] as const);
});

test.each(CASES)('where %s throws at the end of %s', async (part, _name, body) => {
  await start();
  breakPart(part);
  try {
    const answer = await chat(house, body);
    await answer.text();
  } catch {
    // Where not even the headers can be made there is no answer to be told.
  }
  mend(part);
  await untilQuiet(house);
  expect(log.filter((line) => line.includes('a fault of Offpeak itself')).length).toBeGreaterThan(0);
  // The one slot is free again.
  const next = await chat(house, body);
  expect(next.status).toBe(200);
  await next.text();
  const rows = await rowsOf(house);
  // One row each, and none where no row can be written.
  expect(rows.map(({ outcome }) => outcome)).toEqual(part === 'book' ? ['completed'] : ['failed', 'completed']);
});

test('a wire of its own is told in its own words', async () => {
  await start();
  breakPart('bill');
  const body = JSON.stringify({ model: 'sim-8b', max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }] });
  const answer = await post(house, '/v1/messages', body);
  expect([answer.status, await answer.json()]).toMatchObject([500, { type: 'error', error: { type: 'api_error' } }]);
  mend('bill');
  await checkBooks(house);
});

test('a count is told of it, too, and nobody else is', async () => {
  // Its models are listed here, and it is never asked.
  const provider =
    '{ name: claude, kind: provider, provider: anthropic, url: "http://127.0.0.1:9", apiKey: k, models: [c] }';
  log = [];
  house = await startHouse({ upstreams: [provider], ready: false, log: (line) => log.push(line) });
  const plans = Reflect.get(house.gateway, 'plans') as object;
  Object.assign(plans, {
    providerKeyOf() {
      throw new Error('providerKeyOf is out of order');
    },
  });
  const body = JSON.stringify({ model: 'c', messages: [{ role: 'user', content: 'Hi' }] });
  const answer = await post(house, '/v1/messages/count_tokens', body);
  expect([answer.status, await answer.json()]).toMatchObject([500, { type: 'error', error: { type: 'api_error' } }]);
  expect(log.some((line) => line.includes('providerKeyOf is out of order'))).toBe(true);
  Reflect.deleteProperty(plans, 'providerKeyOf');
});
