import { expect, test } from 'vitest';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { applyOverrides, type Overrides } from './overrides.ts';
import { formatProblems } from './problems.ts';

function config(text = ''): Config {
  const result = loadConfig(text, { env: {} });
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.config;
}

function apply(text: string, overrides: Overrides): Config | string {
  const result = applyOverrides(config(text), overrides);
  return result.ok ? result.config : formatProblems(result.problems);
}

test('nothing said changes nothing', () => {
  expect(apply('', {})).toEqual(config());
});

test('the command line wins', () => {
  const changed = apply('upstreams: [{ name: a, kind: engine, url: http://a }]', {
    host: '::1',
    port: 0,
    data: '/var/x',
    upstreams: ['http://b:1/v1', 'https://c'],
  });
  expect(changed).toMatchObject({
    listen: { host: '::1', port: 0 },
    data: '/var/x',
    auth: 'open',
    upstreams: [
      { name: 'engine-1', url: 'http://b:1', engine: 'auto', models: 'auto' },
      { name: 'engine-2', url: 'https://c' },
    ],
  });
});

test('an address that others can reach asks for keys', () => {
  expect(apply('', { host: '0.0.0.0' })).toMatchObject({ auth: 'keys' });
  expect(apply('listen: 0.0.0.0:1', { host: '127.0.0.1' })).toMatchObject({ auth: 'open' });
  expect(apply('auth: keys', {})).toMatchObject({ auth: 'keys' });
  expect(apply('auth: open', { host: '0.0.0.0' })).toContain('--host: open serves whoever connects');
});

test.each<[Overrides, string]>([
  [{ port: 65_536 }, '--port: must be a whole number from 0 to 65535 (it is 65536)'],
  [{ port: NaN }, '--port: must be'],
  [{ upstreams: ['http://a', 'http://u:secret@b'] }, '--upstream: number 2 must be an http:// or https:// URL'],
])('%j is refused', (overrides, message) => {
  const told = apply('', overrides);
  expect(told).toContain(message);
  expect(told).not.toContain('secret');
});

test('models of the file must still find their upstreams', () => {
  const text =
    'upstreams: [{ name: a, kind: engine, url: http://a }]\nmodels: [{ name: m, targets: [{ upstream: a, model: x }] }]';
  expect(apply(text, { upstreams: ['http://b'] })).toContain(
    'model m has a as a target; those given are named engine-1',
  );
});
