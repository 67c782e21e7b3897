import { expect, test } from 'vitest';
import { projectNamed, type Config } from './config.ts';
import { loadConfig, loadConfigFile } from './load.ts';
import { formatProblems } from './problems.ts';

const ENV = { KEY: 'sk-do-not-show', RPM: '60', NOT_A_NUMBER: 'hidden-value', HOST: '10.0.0.5' };

function load(text: string): Config {
  const result = loadConfig(text, { file: '/etc/offpeak/offpeak.yaml', env: ENV });
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.config;
}

function refuse(text: string): string {
  const result = loadConfig(text, { file: '/etc/offpeak/offpeak.yaml', env: ENV });
  return result.ok ? 'it was accepted' : formatProblems(result.problems, 'offpeak.yaml');
}

test('an empty file is all defaults', () => {
  const config = load('# nothing\n');
  expect(config).toMatchObject({
    listen: { host: '127.0.0.1', port: 8787 },
    data: '/etc/offpeak/.offpeak',
    auth: 'open',
    authStated: false,
    upstreams: [],
    models: [],
    projects: [],
    preset: undefined,
    slo: { ttftMs: 500, tpotMs: 50, flexShare: 0.24 },
    ledger: { keepMs: 400 * 86_400_000 },
    responses: { keepMs: 30 * 86_400_000 },
    signatures: { region: undefined },
    logs: { level: 'info', requests: false },
  });
  expect(Object.values(config.server).every((limit) => Number.isInteger(limit) && limit > 0)).toBe(true);
});

test('everything at once, resolved', () => {
  const config = load(`
listen: 0.0.0.0:80
data: /var/lib/offpeak
upstreams:
  - { name: gpu-a, kind: engine, engine: vllm, url: "http://\${HOST}:8000/v1/", models: auto, capacity: auto }
  - { name: gpu-b, kind: engine, url: https://b.example/base, models: [m1], capacity: { slots: 8, kvTokens: 100000 }, apiKey: \${KEY}, headers: { X-Team: ops } }
models:
  - { name: chat, targets: [{ upstream: gpu-a, model: llama }, { upstream: gpu-b, model: m1 }], price: { input: 0.0375, output: 0.3 } }
tiers: { preset: groq, flex: { patience: 10m, price: 0.5, limits: { requestsPerDay: 5, tokensPerDay: 9 } } }
projects:
  - { name: evals, defaultTier: flex, maxTier: standard, maxWait: 0, onUnavailable: standard, limits: { flex: { requestsPerDay: \${RPM} } }, tiers: { flex: { price: 0.25 } } }
ledger: { keep: forever }
responses: { keep: never }
signatures: { region: eu-west-1 }
logs: { level: warn, requests: true }
`);
  expect(config.auth).toBe('keys');
  expect(config.upstreams).toEqual([
    {
      name: 'gpu-a',
      kind: 'engine',
      engine: 'vllm',
      url: 'http://10.0.0.5:8000',
      models: 'auto',
      capacity: { slots: 'auto' },
      enginePriority: false,
      apiKey: undefined,
      headers: {},
    },
    {
      name: 'gpu-b',
      kind: 'engine',
      engine: 'auto',
      url: 'https://b.example/base',
      models: ['m1'],
      capacity: { slots: 8, kvTokens: 100_000 },
      enginePriority: false,
      apiKey: 'sk-do-not-show',
      headers: { 'x-team': 'ops' },
    },
  ]);
  expect(config.models[0]?.price).toEqual({
    inputPicoUsd: 37_500,
    cachedInputPicoUsd: 37_500,
    cacheWritePicoUsd: 37_500,
    outputPicoUsd: 300_000,
  });
  expect(config.preset).toBe('groq');
  expect(projectNamed(config, 'evals')).toMatchObject({
    defaultTier: 'flex',
    maxTier: 'standard',
    maxWaitMs: 0,
    onUnavailable: 'standard',
    tiers: {
      flex: { patienceMs: 600_000, price: 0.25, limits: { requestsPerDay: 60, tokensPerDay: 9 } },
      standard: { patienceMs: undefined, price: undefined, limits: {} },
    },
  });
  expect(projectNamed(config, 'unknown')).toMatchObject({
    name: 'unknown',
    defaultTier: 'standard',
    tiers: { flex: { price: 0.5, limits: { requestsPerDay: 5 } } },
  });
  expect(config.ledger.keepMs).toBe(0);
  expect(config.responses.keepMs).toBe(0);
  expect(config.signatures.region).toBe('eu-west-1');
});

test('an unquoted variable inside braces is read, though YAML alone would end the text there', () => {
  const config = load('upstreams: [{ name: a, kind: engine, url: http://${HOST}/v1, apiKey: ${KEY} }]');
  expect(config.upstreams[0]).toMatchObject({ url: 'http://10.0.0.5', apiKey: 'sk-do-not-show' });
});

test('a variable cannot bring YAML of its own', () => {
  const env = { EVIL: 'x, kind: provider }] #' };
  const result = loadConfig('data: ${EVIL}', { file: '/a/b.yaml', env });
  expect(result.ok && result.config.data).toBe('/a/x, kind: provider }] #');
});

test.each([
  [
    'projects: [{ name: p, limits: { standard: { requestPerMinute: 6 } } }]',
    'offpeak.yaml:1:45: projects[0].limits.standard.requestPerMinute: unknown key; allowed here: requestsPerMinute, ' +
      'requestsPerDay, tokensPerMinute, tokensPerDay\n  Did you mean requestsPerMinute?',
  ],
  [
    'listen: 127.0.0.1:1\nupstreems: []',
    'offpeak.yaml:2:1: upstreems: unknown key; allowed here: listen, data, auth, upstreams, models, tiers, projects, slo, ' +
      'server, ledger, responses, signatures, logs\n  Did you mean upstreams?',
  ],
  [
    'upstreams:\n  - { name: a, kind: engine, url: http://h, engine: vlm }',
    'offpeak.yaml:2:53: upstreams[0].engine: must be auto, vllm, sglang, llama.cpp, ollama or openai (it is vlm)\n  Did you mean vllm?',
  ],
  [
    'upstreams:\n  - { name: a, kind: engine, url: http://h, capacity: { slots: 0 } }',
    'offpeak.yaml:2:64: upstreams[0].capacity.slots: must be auto or a whole number, at least 1 (it is 0)',
  ],
  [
    'upstreams:\n  - { name: a, kind: engine, url: http://h, capacity: { slot: 1 } }',
    'offpeak.yaml:2:57: upstreams[0].capacity.slot: unknown key; allowed here: slots, kvTokens\n  Did you mean slots?',
  ],
  [
    'upstreams:\n  - { name: a, kind: engine, url: http://h, capacity: lots }',
    'offpeak.yaml:2:55: upstreams[0].capacity: must be auto or { slots, kvTokens } (it is lots)',
  ],
  [
    'upstreams:\n  - name: a\n    kind: engine',
    'offpeak.yaml:2:5: upstreams[0].url: is missing; it must be an http:// or https:// URL without user, query or fragment',
  ],
  [
    'tiers: { flex: { patience: 10x } }',
    'offpeak.yaml:1:28: tiers.flex.patience: must be a duration of at most 24d: 500ms, 30s, 10m, 2h, 1d or 0 (it is 10x)',
  ],
  ['tiers: { flex: { price: -1 } }', 'offpeak.yaml:1:25: tiers.flex.price: must be a number from 0 to 100 (it is -1)'],
  [
    'slo: { ttft: 0 }',
    'offpeak.yaml:1:14: slo.ttft: must be a duration above 0 and at most 24d: 500ms, 30s, 10m, 2h or 1d (it is 0)',
  ],
  ['slo: { flexShare: 1.5 }', 'offpeak.yaml:1:19: slo.flexShare: must be a number from 0 to 1 (it is 1.5)'],
  ['slo:', 'offpeak.yaml:1:5: slo: must be a map of settings (it is empty)'],
  ['logs: { requests: yes }', 'offpeak.yaml:1:19: logs.requests: must be true or false (it is yes)'],
  ['server: { bodyMax: 64 }', 'offpeak.yaml:1:20: server.bodyMax: must be a size: 512KiB, 64MiB or 2GiB (it is 64)'],
  [
    'listen: 8787',
    'offpeak.yaml:1:9: listen: must be host:port, such as 127.0.0.1:8787, 0.0.0.0:8787 or [::1]:8787 (it is 8787)',
  ],
  ['listen: a:99999', 'offpeak.yaml:1:9: listen: must be host:port'],
  ['- a', 'offpeak.yaml:1:1: must be a map of settings'],
  ['slo: [', 'offpeak.yaml:1:7: not valid YAML'],
  ['slo: {}\nslo: {}', 'offpeak.yaml:2:1: not valid YAML: Map keys must be unique'],
  ['data: a\n---\ndata: b', 'not valid YAML'],
  ['data: x${NOPE}', 'offpeak.yaml:1:7: data: the environment variable NOPE is not set'],
  ['database: postgres://u:hidden@h', 'offpeak.yaml:1:1: database: this build keeps its state in SQLite'],
  ['cluster: redis://h', 'offpeak.yaml:1:1: cluster: this build runs as one replica'],
  [
    'upstreams:\n  - { name: a, url: http://h }',
    'offpeak.yaml:2:5: upstreams[0].kind: is missing; it must be engine or provider',
  ],
  [
    'upstreams:\n  - { name: a, kind: engin, url: http://h }',
    'offpeak.yaml:2:22: upstreams[0].kind: must be engine or provider (it is engin)\n  Did you mean engine?',
  ],
  ['upstreams: [gpu-a]', 'offpeak.yaml:1:13: upstreams[0]: must be a map of settings (it is gpu-a)'],
  [
    'upstreams:\n  - { name: a, kind: engine, url: http://h, provider: openai }',
    'offpeak.yaml:2:45: upstreams[0].provider: unknown key; allowed here: name, kind, engine, url, models, capacity, ' +
      'enginePriority, apiKey, headers',
  ],
  [
    'responses: { keep: 0 }',
    'offpeak.yaml:1:20: responses.keep: must be never or a duration above 0, such as 30d (it is 0)',
  ],
  [
    'signatures: { region: anywhere }',
    'offpeak.yaml:1:23: signatures.region: must be an AWS region, such as eu-west-1 (it is anywhere)',
  ],
  [
    'responses: { keep: forever }',
    'offpeak.yaml:1:20: responses.keep: must be never or a duration above 0, such as 30d (it is forever)',
  ],
  [
    'models: [{ name: m, targets: [{ upstream: gpu-b, model: x }] }]\nupstreams: [{ name: gpu-a, kind: engine, url: http://h }]',
    'offpeak.yaml:1:43: models[0].targets[0].upstream: is no upstream of this file; there are gpu-a (it is gpu-b)\n  Did you mean gpu-a?',
  ],
  [
    'models: [{ name: m, targets: [{ upstream: a, model: x1 }] }]\nupstreams: [{ name: a, kind: engine, url: http://h, models: [x2] }]',
    'offpeak.yaml:1:53: models[0].targets[0].model: is not in the models of upstream a: x2 (it is x1)',
  ],
  [
    'projects: [{ name: p }, { name: p }]',
    'offpeak.yaml:1:33: projects[1].name: is the name of projects[0] already (it is p)',
  ],
  [
    'projects: [{ name: p, maxTier: flex }]',
    'offpeak.yaml:1:12: projects[0].defaultTier: is more urgent than maxTier (flex) allows',
  ],
  [
    'projects: [{ name: p, maxTier: flex, defaultTier: flex, onUnavailable: standard }]',
    'projects[0].onUnavailable: cannot be standard, which maxTier (flex) does not allow (it is standard)',
  ],
  [
    'listen: 0.0.0.0:1\nauth: open',
    'offpeak.yaml:2:7: auth: open serves whoever connects, and is only allowed on a loopback',
  ],
  [
    'upstreams: [{ name: a, kind: engine, engine: ollama, url: http://h, enginePriority: true }]',
    'upstreams[0].enginePriority: is only possible with vllm and sglang; ollama has no priority field (it is true)',
  ],
  ['upstreams: [{ name: a b, kind: engine, url: http://h }]', 'upstreams[0].name: must be a name'],
  ['upstreams: [{ name: a, kind: engine, url: ftp://h }]', 'upstreams[0].url: must be an http:// or https:// URL'],
  [
    'upstreams: [{ name: a, kind: engine, url: http://h, headers: { Host: x } }]',
    'headers.Host: is set by Offpeak itself',
  ],
  [
    'upstreams: [{ name: a, kind: engine, url: http://h, headers: { "a b": x } }]',
    'headers["a b"]: is not the name of an',
  ],
])('%j is refused', (text, expected) => {
  expect(refuse(text)).toContain(expected);
});

test('all mistakes are told at once, in the order of the file', () => {
  const told = refuse('slo: { ttft: 1, tpot: 2 }\nlogs: { level: loud }\nwhat: 1');
  expect(
    told
      .split('\n')
      .filter((line) => line.startsWith('offpeak.yaml'))
      .map((line) => line.split(' ')[1]),
  ).toEqual(['slo.ttft:', 'slo.tpot:', 'logs.level:', 'what:']);
});

test.each([
  'upstreams: [{ name: a, kind: engine, url: http://h, apiKey: [sk-do-not-show] }]',
  'upstreams: [{ name: a, kind: engine, url: http://h, apiKey: "${KEY}\\n" }]',
  'upstreams: [{ name: a, kind: engine, url: http://h, headers: { authorization: "sk-do-not-show\\n" } }]',
  'upstreams: [{ name: a, kind: engine, url: "http://user:sk-do-not-show@h" }]',
  'upstreams: [{ name: a, kind: engine, url: http://h, apikey: ${KEY} }]',
  'slo: { ttft: ${KEY} }',
  'slo: { ttft: ${NOT_A_NUMBER} }',
  'apiKey: sk-do-not-show\n} sk-do-not-show',
  'database: postgres://u:sk-do-not-show@h',
])('%j is refused without a secret in the message', (text) => {
  const told = refuse(text);
  expect(told).not.toContain('do-not-show');
  expect(told).not.toContain('hidden-value');
  expect(told).not.toContain('it was accepted');
});

test('a value that came from a variable is shown as it is written', () => {
  expect(refuse('slo: { ttft: ${NOT_A_NUMBER} }')).toContain('(it is ${NOT_A_NUMBER})');
});

test('aliases that multiply are refused, not built', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [from, to] of ['ab', 'bc', 'cd', 'de'].map((pair) => [...pair])) {
    bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`);
  }
  expect(refuse(bomb.join('\n'))).toContain('not usable YAML');
});

test('a file that cannot be read is a problem like any other', () => {
  const result = loadConfigFile('/nonexistent/offpeak.yaml', {});
  expect(result.ok ? '' : formatProblems(result.problems, '/nonexistent/offpeak.yaml')).toContain(
    '/nonexistent/offpeak.yaml: cannot be read: ENOENT',
  );
});
