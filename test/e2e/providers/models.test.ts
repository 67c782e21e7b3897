import { afterEach, expect, test } from 'vitest';
import { rowsOf } from '../books.ts';
import { startHouse, until, type House } from '../harness.ts';
import { providerLine, startScripted, type Scripted } from './scripted.ts';
import { refusal, talk } from './talk.ts';

/** Which models a provider has: what it lists, what targets name, and what is said while neither is known. */

let house: House;
let provider: Scripted;

afterEach(async () => {
  await house.close();
  await provider.close();
});

async function listed(): Promise<string[]> {
  const answer = (await (await fetch(`${house.url}/v1/models`)).json()) as { data: { id: string }[] };
  return answer.data.map(({ id }) => id);
}

async function isUp(): Promise<boolean> {
  return (await house.metrics()).includes('offpeak_upstream_up{upstream="openai"} 1');
}

test('`auto` is what the provider lists, and what targets name beside it', async () => {
  provider = await startScripted();
  provider.listing = { status: 200, models: ['gpt-5.6-luna', 'gpt-5.5'] };
  house = await startHouse({
    upstreams: [providerLine('openai', provider, 'apiKey: sk-1')],
    config: 'models:\n  - { name: secret-model, targets: [{ upstream: openai, model: gpt-unlisted }] }',
  });
  await until(isUp, 'it has listed its models');
  expect((await listed()).sort()).toEqual(['gpt-5.5', 'gpt-5.6-luna', 'secret-model']);
  expect((await talk(house, { model: 'gpt-5.5' })).text).toBe('ok');
  expect((await talk(house, { model: 'secret-model' })).text).toBe('ok');
  expect(provider.asked.map(({ body }) => body['model'])).toEqual(['gpt-5.5', 'gpt-unlisted']);
  expect(await refusal(house, { model: 'gpt-unlisted' })).toMatchObject({ status: 404, code: 'model_not_found' });
});

test('models that are named are all that there is, and nothing is listed', async () => {
  provider = await startScripted();
  house = await startHouse({ upstreams: [providerLine('openai', provider, 'apiKey: sk-1, models: [gpt-5.5]')] });
  await until(isUp, 'it is known');
  expect(await listed()).toEqual(['gpt-5.5']);
  expect(await refusal(house, { model: 'gpt-5.6-luna' })).toMatchObject({ status: 404 });
  expect(provider.listings).toBe(0);
});

test('while a list cannot be read an unknown model is not said to be none, and what targets name is served', async () => {
  provider = await startScripted();
  provider.listing = { status: 500, models: [] };
  const log: string[] = [];
  house = await startHouse({
    upstreams: [providerLine('openai', provider, 'apiKey: sk-1')],
    config: 'models:\n  - { name: chat, targets: [{ upstream: openai, model: gpt-5.6-luna }] }',
    log: (line) => log.push(line),
    ready: false,
  });
  await until(() => log.some((line) => line.includes('does not list its models')), 'that is told');
  expect(log.find((line) => line.includes('does not list its models'))).toContain('answered 500');
  expect(await isUp()).toBe(false);
  const unknown = await refusal(house, { model: 'gpt-5.5' });
  expect(unknown).toMatchObject({ status: 503, code: 'no_capacity' });
  expect(Number(unknown.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await talk(house, { model: 'chat' })).text).toBe('ok');
  expect(await listed()).toEqual(['chat']);
  expect((await rowsOf(house)).map(({ model }) => model)).toEqual(['chat']);

  // It is asked again soon, and then everything is known.
  provider.listing = { status: 200, models: ['gpt-5.5'] };
  await until(isUp, 'it has listed its models');
  expect((await talk(house, { model: 'gpt-5.5' })).text).toBe('ok');
  expect(await refusal(house, { model: 'gpt-nothing' })).toMatchObject({ status: 404, code: 'model_not_found' });
  expect(provider.listings).toBe(2);
});

test('a provider that is not there at all is no reason not to start', async () => {
  provider = await startScripted();
  await provider.close();
  house = await startHouse({
    engines: [{}],
    upstreams: [providerLine('openai', provider, 'apiKey: sk-1')],
    config: 'models:\n  - { name: chat, targets: [{ upstream: openai, model: gpt-5.6-luna }] }',
  });
  expect((await talk(house, { model: 'sim-8b', more: { max_tokens: 4 } })).upstream).toBe('gpu-0');
  const failed = await refusal(house, { model: 'chat' });
  expect(failed).toMatchObject({ status: 502, code: 'upstream_failed' });
  expect(failed.message).not.toContain('127.0.0.1');
});

test('a model that an engine and a provider both have is the engine’s first', async () => {
  provider = await startScripted();
  provider.listing = { status: 200, models: ['sim-8b'] };
  house = await startHouse({ engines: [{ slots: 1 }], upstreams: [providerLine('openai', provider, 'apiKey: sk-1')] });
  await until(isUp, 'it has listed its models');
  expect((await talk(house, { model: 'sim-8b', more: { max_tokens: 4 } })).upstream).toBe('gpu-0');
  await house.engines[0]!.close();
  expect((await talk(house, { model: 'sim-8b' })).upstream).toBe('openai');
});
