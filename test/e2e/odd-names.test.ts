import { startSimEngine, type SimEngine } from '@offpeak/engine';
import { createKey } from '@offpeak/gateway';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkBooks, rowsOf } from './books.ts';
import { startHouse, TEST_SPEED, until, withStore, type House } from './harness.ts';
import { providerLine, startScripted, type Scripted } from './providers/scripted.ts';

/** Names that every object has a property for are names like any other: of models, upstreams, projects and sessions. */

const ODD = ['constructor', '__proto__', 'toString', 'hasOwnProperty'] as const;

let engines: SimEngine[];
let provider: Scripted;
let house: House;
let keys: Map<string, string>;

beforeEach(async () => {
  engines = await Promise.all(ODD.map((model) => startSimEngine({ speed: TEST_SPEED, model })));
  provider = await startScripted();
  provider.listing = { status: 200, models: ['valueOf', 'isPrototypeOf'] };
  const lines = engines.map(({ url }, index) => `{ name: valueOf-${index}, kind: engine, url: "${url}" }`);
  house = await startHouse({
    upstreams: [...lines, providerLine('constructor', provider, 'apiKey: sk-1')],
    config:
      'auth: keys\nmodels:\n  - { name: __lookupGetter__, order: listed, targets: [{ upstream: constructor, model: valueOf }] }\n' +
      'projects:\n  - { name: toString }\n  - { name: constructor, providerKeys: { constructor: sk-2 } }\n',
  });
  keys = new Map();
  await withStore(house.data, async (store) => {
    for (const name of ['toString', 'constructor']) {
      keys.set(name, (await createKey(store, name, { now: Date.now() })).key);
    }
  });
  await until(async () => {
    const page = await house.metrics();
    return [...lines.map((_, index) => `valueOf-${index}`), 'constructor'].every((name) =>
      page.includes(`offpeak_upstream_up{upstream="${name}"} 1`),
    );
  }, 'every upstream is up');
  await until(async () => (await fetch(`${house.url}/v1/models`, { headers: as('constructor') })).ok, 'keys are known');
});

afterEach(async () => {
  await house.close();
  await Promise.all([...engines.map((engine) => engine.close()), provider.close()]);
});

function as(project: string): Record<string, string> {
  return { authorization: `Bearer ${keys.get(project)!}`, 'content-type': 'application/json' };
}

function ask(model: string, project: string, more: object = {}): Promise<Response> {
  const body = JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }], ...more });
  const headers = { ...as(project), 'offpeak-session': '__proto__' };
  return fetch(`${house.url}/v1/chat/completions`, { method: 'POST', headers, body });
}

test('models of engines, at every tier and form', async () => {
  for (const [index, model] of ODD.entries()) {
    for (const more of [{}, { stream: true }, { service_tier: 'flex' }, { service_tier: 'flex', stream: true }]) {
      const answer = await ask(model, 'toString', more);
      expect([answer.status, answer.headers.get('offpeak-upstream')]).toEqual([200, `valueOf-${index}`]);
      await answer.text();
    }
    const listed = await fetch(`${house.url}/v1/models/${model}`, { headers: as('toString') });
    expect(await listed.json()).toMatchObject({ id: model });
  }
  await checkBooks(house);
  expect(new Set((await rowsOf(house)).map(({ model }) => model))).toEqual(new Set(ODD));
});

test('an upstream and its keys: who has none of its own is paid for by the gateway', async () => {
  for (const project of ['toString', 'constructor', 'toString']) {
    for (const model of ['valueOf', 'isPrototypeOf', '__lookupGetter__']) {
      const answer = await ask(model, project);
      expect([answer.status, answer.headers.get('offpeak-upstream')]).toEqual([200, 'constructor']);
    }
  }
  const paid = provider.asked.map(({ key }) => key);
  expect(paid).toEqual([...fill('sk-1'), ...fill('sk-2'), ...fill('sk-1')]);
  await checkBooks(house);
});

test('a model that nobody has is none', async () => {
  for (const model of ['prototype', '__defineGetter__', 'propertyIsEnumerable']) {
    const answer = await ask(model, 'toString');
    expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: 'model_not_found' } }]);
  }
});

function fill(key: string): string[] {
  return [key, key, key];
}
