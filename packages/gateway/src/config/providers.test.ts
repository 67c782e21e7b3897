import { describe, expect, test } from 'vitest';
import { projectNamed, type Config } from './config.ts';
import { loadConfig } from './load.ts';
import { formatProblems } from './problems.ts';

const ENV = { KEY: 'sk-do-not-show', REGION: 'eu-west-1' };

function load(text: string): Config {
  const result = loadConfig(text, { env: ENV });
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.config;
}

function refuse(text: string): string {
  const result = loadConfig(text, { env: ENV });
  return result.ok ? 'it was accepted' : formatProblems(result.problems, 'offpeak.yaml');
}

/** One upstream, and what else the file says. */
function provider(members: string, more = ''): string {
  return `upstreams:\n  - { name: p, kind: provider, ${members} }\n${more}`;
}

describe('what a provider may be', () => {
  test('with nothing said but its key, it is where its own SDK goes, and lists its own models', () => {
    const config = load(provider('provider: openai, apiKey: ${KEY}'));
    expect(config.upstreams).toEqual([
      {
        name: 'p',
        kind: 'provider',
        provider: 'openai',
        url: 'https://api.openai.com',
        models: 'auto',
        tiers: undefined,
        api: 'auto',
        accountObjects: 'refused',
        concurrency: 'auto',
        apiKey: 'sk-do-not-show',
        region: undefined,
        aws: undefined,
        headers: {},
      },
    ]);
  });

  test.each([
    ['provider: groq, apiKey: k', 'https://api.groq.com/openai'],
    ['provider: gemini, apiKey: k', 'https://generativelanguage.googleapis.com'],
    ['provider: anthropic, apiKey: k', 'https://api.anthropic.com'],
    ['provider: bedrock, models: [m], apiKey: k', 'https://bedrock-runtime.us-east-1.amazonaws.com'],
    [
      'provider: bedrock, models: [m], apiKey: k, region: "${REGION}"',
      'https://bedrock-runtime.eu-west-1.amazonaws.com',
    ],
    ['provider: bedrock, models: [m], apiKey: k, region: us-gov-west-1, url: http://h', 'http://h'],
    ['provider: openai, apiKey: k, url: "https://eu.api.openai.com/v1/"', 'https://eu.api.openai.com'],
    ['provider: groq, apiKey: k, url: "https://api.groq.com/openai/v1"', 'https://api.groq.com/openai'],
    ['provider: gemini, apiKey: k, url: "https://proxy.example/google/v1beta"', 'https://proxy.example/google'],
  ])('{ %s } is at %s', (members, url) => {
    expect(load(provider(members)).upstreams[0]).toMatchObject({ url });
  });

  test('everything at once', () => {
    const config = load(`
upstreams:
  - { name: gpu, kind: engine, url: http://h }
  - { name: openai, kind: provider, provider: openai, models: [gpt-5.6-luna], tiers: [standard, flex], api: responses, concurrency: "20", apiKey: k, headers: { OpenAI-Project: x } }
  - { name: aws, kind: provider, provider: bedrock, models: [openai.gpt-oss-20b-1:0], region: eu-west-1, accessKeyId: AK, secretAccessKey: SK, sessionToken: ST }
models:
  - name: chat
    order: weights
    targets:
      - { upstream: gpu, model: llama, weight: 2.5 }
      - { upstream: openai, model: gpt-5.6-luna, tiers: [flex] }
      - { upstream: aws, model: "openai.gpt-oss-20b-1:0" }
    price: { input: 1, cachedInput: 0.1, cacheWrite: 1.25, output: 10 }
tiers: { flex: { timeout: 20m }, standard: { timeout: 5m } }
projects:
  - { name: evals, tiers: { flex: { timeout: 1h } }, providerKeys: { openai: "\${KEY}" } }
`);
    expect(config.upstreams.slice(1)).toMatchObject([
      {
        models: ['gpt-5.6-luna'],
        tiers: ['standard', 'flex'],
        api: 'responses',
        concurrency: 20,
        headers: { 'openai-project': 'x' },
      },
      {
        apiKey: undefined,
        region: 'eu-west-1',
        aws: { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'ST' },
      },
    ]);
    expect(config.models[0]).toEqual({
      name: 'chat',
      order: 'weights',
      targets: [
        { upstream: 'gpu', model: 'llama', tiers: undefined, weight: 2.5 },
        { upstream: 'openai', model: 'gpt-5.6-luna', tiers: ['flex'], weight: 1 },
        { upstream: 'aws', model: 'openai.gpt-oss-20b-1:0', tiers: undefined, weight: 1 },
      ],
      price: {
        inputPicoUsd: 1_000_000,
        cachedInputPicoUsd: 100_000,
        cacheWritePicoUsd: 1_250_000,
        outputPicoUsd: 10_000_000,
      },
    });
    const evals = projectNamed(config, 'evals');
    expect(evals.providerKeys).toEqual({ openai: 'sk-do-not-show' });
    expect(evals.tiers).toMatchObject({ flex: { timeoutMs: 3_600_000 }, standard: { timeoutMs: 300_000 } });
    expect(projectNamed(config, 'other')).toMatchObject({
      providerKeys: {},
      tiers: { flex: { timeoutMs: 1_200_000 } },
    });
  });

  test('signing without a session token has none, not an empty one', () => {
    const members = 'provider: bedrock, models: [m], accessKeyId: AK, secretAccessKey: SK';
    expect(load(provider(members)).upstreams[0]).toMatchObject({ aws: { accessKeyId: 'AK', secretAccessKey: 'SK' } });
    expect(load(provider(members)).upstreams[0]).not.toHaveProperty('aws.sessionToken');
  });

  test('a provider without a key is for the projects that bring their own', () => {
    const config = load(provider('provider: groq', 'projects: [{ name: evals, providerKeys: { p: k } }]'));
    expect(config.upstreams[0]).toMatchObject({ apiKey: undefined });
  });

  test('a model that is sold at more tiers than Offpeak knows of: its upstream says so', () => {
    const target = 'models: [{ name: m, targets: [{ upstream: p, model: gpt-4o, tiers: [flex] }] }]';
    expect(refuse(provider('provider: openai, apiKey: k', target))).toContain(
      'models[0].targets[0].tiers: leaves none',
    );
    const config = load(provider('provider: openai, apiKey: k, tiers: [standard, flex]', target));
    expect(config.models[0]?.targets[0]?.tiers).toEqual(['flex']);
  });
});

const KEYS =
  'name, kind, provider, url, models, tiers, api, accountObjects, concurrency, apiKey, region, accessKeyId, secretAccessKey, sessionToken, headers';

describe('mistakes', () => {
  test.each([
    [
      'apikey: k, provider: openai',
      `offpeak.yaml:2:32: upstreams[0].apikey: unknown key; allowed here: ${KEYS}\n  Did you mean apiKey?`,
    ],
    ['capacity: auto, provider: openai', `upstreams[0].capacity: unknown key; allowed here: ${KEYS}`],
    [
      'apiKey: k',
      'offpeak.yaml:2:5: upstreams[0].provider: is missing; it must be openai, groq, gemini, anthropic or bedrock',
    ],
    [
      'provider: antropic, apiKey: k',
      'offpeak.yaml:2:42: upstreams[0].provider: must be openai, groq, gemini, anthropic or bedrock (it is antropic)\n  Did you mean anthropic?',
    ],
    [
      'provider: groq, apiKey: k, region: eu-west-1',
      'offpeak.yaml:2:67: upstreams[0].region: is only possible with bedrock; groq takes apiKey (it is eu-west-1)',
    ],
    [
      'provider: gemini, apiKey: k, accessKeyId: AK',
      'offpeak.yaml:2:74: upstreams[0].accessKeyId: is only possible with bedrock; gemini takes apiKey',
    ],
    [
      'provider: openai, apiKey: k, sessionToken: ST',
      'upstreams[0].sessionToken: is only possible with bedrock; openai takes apiKey',
    ],
    [
      'provider: anthropic, apiKey: k, api: chat',
      'offpeak.yaml:2:69: upstreams[0].api: is only possible with openai (it is chat)',
    ],
    [
      'provider: openai, apiKey: k, api: completions',
      'upstreams[0].api: must be auto, chat or responses (it is completions)',
    ],
    [
      'provider: anthropic, apiKey: k, tiers: [standard, flex]',
      'offpeak.yaml:2:82: upstreams[0].tiers[1]: is not sold by anthropic; it has priority and standard (it is flex)',
    ],
    [
      'provider: openai, apiKey: k, tiers: [batch]',
      'offpeak.yaml:2:69: upstreams[0].tiers[0]: must be priority, standard or flex (it is batch)',
    ],
    ['provider: openai, apiKey: k, tiers: []', 'upstreams[0].tiers: must have at least 1 entries'],
    [
      'provider: bedrock, models: [m], accessKeyId: AK',
      'offpeak.yaml:2:5: upstreams[0]: needs secretAccessKey as well: the two sign together',
    ],
    [
      'provider: bedrock, models: [m], secretAccessKey: SK',
      'upstreams[0]: needs accessKeyId as well: the two sign together',
    ],
    [
      'provider: bedrock, models: [m], apiKey: k, sessionToken: ST',
      'upstreams[0].sessionToken: needs accessKeyId and secretAccessKey beside it',
    ],
    [
      'provider: bedrock, models: [m], apiKey: k, accessKeyId: AK, secretAccessKey: SK',
      'upstreams[0].apiKey: and accessKeyId exclude each other; give one',
    ],
    [
      'provider: bedrock, models: [m], accessKeyId: AK, secretAccessKey: SK, url: "http://h"',
      'upstreams[0].url: needs region beside it, which is part of every signature (it is http://h)',
    ],
    [
      'provider: bedrock, apiKey: k',
      'upstreams[0].models: cannot be auto with bedrock, whose runtime lists none; name them',
    ],
    [
      'provider: bedrock, apiKey: k, models: auto',
      'offpeak.yaml:2:70: upstreams[0].models: cannot be auto with bedrock, whose runtime lists none; name them (it is auto)',
    ],
    [
      'provider: bedrock, models: [m], apiKey: k, region: Ireland',
      'offpeak.yaml:2:83: upstreams[0].region: must be an AWS region, such as eu-west-1 (it is Ireland)',
    ],
    ['provider: bedrock, models: [m], apiKey: k, region: eu-west', 'upstreams[0].region: must be an AWS region'],
    ['provider: bedrock, models: [m], apiKey: k, region: 1', 'upstreams[0].region: must be an AWS region'],
    [
      'provider: bedrock, models: [m], apiKey: k, region: "eu-west-1.evil.example/"',
      'upstreams[0].region: must be an AWS region',
    ],
    [
      'provider: openai, apiKey: k, url: "https://h/v1?team=a"',
      'upstreams[0].url: must be an http:// or https:// URL without user, query or fragment (it is https://h/v1?team=a)',
    ],
    ['provider: openai, apiKey: k, url: "https://h/#a"', 'upstreams[0].url: must be an http:// or https:// URL'],
    ['provider: openai, apiKey: k, url: h', 'upstreams[0].url: must be an http:// or https:// URL'],
    ['provider: openai, apiKey: k, concurrency: 0', 'upstreams[0].concurrency: must be auto or a whole number'],
    ['provider: openai, apiKey: k, models: []', 'upstreams[0].models: must have at least 1 entries'],
    [
      'provider: openai, apiKey: k, models: all',
      'upstreams[0].models: must be auto or a list of model names (it is all)',
    ],
    ['provider: openai, apiKey: ""', 'upstreams[0].apiKey: must be a text without line breaks'],
    [
      'provider: openai',
      'offpeak.yaml:2:5: upstreams[0]: needs apiKey or a project with providerKeys.p: nobody could use it',
    ],
    [
      'provider: bedrock, models: [m]',
      'upstreams[0]: needs apiKey, accessKeyId and secretAccessKey, or a project with providerKeys.p: nobody could use it',
    ],
  ])('{ %s } is refused', (members, expected) => {
    expect(refuse(provider(members))).toContain(expected);
  });

  const OPENAI = 'provider: openai, apiKey: k, models: [gpt-5.5, gpt-4o]';
  const ENGINE = '  - { name: gpu, kind: engine, url: "http://h" }\n';
  test.each([
    [
      'models: [{ name: m, targets: [{ upstream: gpu, model: x, tiers: [flex] }] }]',
      'models[0].targets[0].tiers: is only possible for providers: an engine takes every tier, and gives way by tier',
    ],
    [
      'models: [{ name: m, targets: [{ upstream: p, model: gpt-5.4 }] }]',
      'models[0].targets[0].model: is not in the models of upstream p: gpt-5.5, gpt-4o (it is gpt-5.4)\n  Did you mean gpt-5.5?',
    ],
    [
      'models: [{ name: m, targets: [{ upstream: p, model: gpt-4o, tiers: [flex] }] }]',
      'models[0].targets[0].tiers: leaves none: p sells priority, standard for gpt-4o; if it has more, say so in its own tiers',
    ],
    [
      'models: [{ name: m, targets: [{ upstream: p, model: gpt-5.5, tiers: [batch] }] }]',
      'models[0].targets[0].tiers[0]: must be priority, standard or flex (it is batch)',
    ],
    [
      'models: [{ name: m, targets: [{ upstream: p, model: gpt-5.5 }, { upstream: p, model: gpt-5.5 }] }]',
      'models[0].targets[1]: is a target of this model already',
    ],
    [
      'models: [{ name: m, targets: [{ upstream: p, model: gpt-5.5, weight: 2 }] }]',
      'models[0].targets[0].weight: is only used with order: weights; it is auto here (it is 2)',
    ],
    [
      'models: [{ name: m, order: weights, targets: [{ upstream: p, model: gpt-5.5, weight: 0 }] }]',
      'models[0].targets[0].weight: must be a number above 0 and at most 1000000 (it is 0)',
    ],
    ['models: [{ name: m, order: price }]', 'models[0].order: must be auto, listed, cost or weights (it is price)'],
    [
      'models: [{ name: m, price: { input: 1, output: 1, cacheWrites: 2 } }]',
      'models[0].price.cacheWrites: unknown key; allowed here: input, cachedInput, cacheWrite, longCacheWrite, output\n  Did you mean cacheWrite?',
    ],
    [
      'tiers: { flex: { timeout: 0 } }',
      'tiers.flex.timeout: must be a duration above 0 and at most 24d: 500ms, 30s, 10m, 2h or 1d (it is 0)',
    ],
    ['tiers: { preset: azure }', 'tiers.preset: must be openai, groq, gemini, anthropic or bedrock (it is azure)'],
    [
      'projects: [{ name: a, providerKeys: { pp: k } }]',
      'projects[0].providerKeys.pp: is no provider of this file; there are p',
    ],
    [
      'projects: [{ name: a, providerKeys: { gpu: k } }]',
      'projects[0].providerKeys.gpu: is no provider of this file; there are p',
    ],
    ['projects: [{ name: a, providerKeys: { "p p": k } }]', 'projects[0].providerKeys["p p"]: must be a name'],
    [
      'projects: [{ name: a, providerKeys: { p: "" } }]',
      'projects[0].providerKeys.p: must be a text without line breaks',
    ],
    ['projects: [{ name: a, providerKeys: k }]', 'projects[0].providerKeys: must be a map of settings'],
  ])('%s is refused', (more, expected) => {
    expect(refuse(provider(OPENAI, ENGINE + more))).toContain(expected);
  });

  test('a wrong name of a provider is told with the one that was meant', () => {
    const text = 'upstreams: [{ name: openai, kind: provider, provider: openai, apiKey: k }]';
    expect(refuse(`${text}\nprojects: [{ name: a, providerKeys: { opnai: k } }]`)).toBe(
      'offpeak.yaml:2:39: projects[0].providerKeys.opnai: is no provider of this file; there are openai\n  Did you mean openai?',
    );
  });

  test('where there is no provider, no project has a key for one', () => {
    expect(refuse('projects: [{ name: a, providerKeys: { p: k } }]')).toContain(
      'projects[0].providerKeys.p: is no provider of this file; there are none',
    );
  });
});

describe('secrets stay out of what is told', () => {
  const SECRETS = ['apiKey', 'accessKeyId', 'secretAccessKey', 'sessionToken'];

  test.each(SECRETS)('%s that cannot be one', (member) => {
    for (const value of ['[sk-do-not-show]', '"sk-do-not-show\\n"', '" sk-do-not-show"', '{ sk-do-not-show: 1 }']) {
      const told = refuse(provider(`provider: bedrock, models: [m], ${member}: ${value}`));
      expect(told).toContain(`upstreams[0].${member}: must be a text`);
      expect(told).not.toContain('do-not-show');
    }
  });

  test.each(SECRETS.slice(1))('%s at a provider that has none', (member) => {
    const told = refuse(provider(`provider: openai, apiKey: k, ${member}: sk-do-not-show`));
    expect(told).toContain(`upstreams[0].${member}: is only possible with bedrock`);
    expect(told).not.toContain('do-not-show');
  });

  test.each([
    'provider: bedrock, models: [m], accessKeyId: do-not-show',
    'provider: bedrock, models: [m], secretAccessKey: do-not-show',
    'provider: bedrock, models: [m], apiKey: do-not-show, sessionToken: do-not-show',
    'provider: bedrock, models: [m], apiKey: do-not-show, accessKeyId: do-not-show, secretAccessKey: do-not-show',
    'provider: openai, key: do-not-show',
    'provider: openai, apiKey: do-not-show, api: chats',
    'provider: openai, apiKey: k, url: "https://h/?key=do-not-show"',
    'provider: openai, apiKey: k, url: "https://user:do-not-show@h"',
    'provider: openai, apiKey: k, headers: { x-team: "do-not-show\\u0007" }',
    'provider: openai, apiKey: k, region: "${KEY}"',
    'provider: "${KEY}", apiKey: k',
  ])('{ %s }', (members) => {
    const told = refuse(provider(members));
    expect(told).toMatch(/^offpeak\.yaml:2:/);
    expect(told).not.toContain('do-not-show');
  });

  test("half of AWS's pair in the wrong place", () => {
    const told = refuse(provider('provider: bedrock, models: [m], apiKey: k, region: AKIAIOSFODNN7EXAMPLE'));
    expect(told).toContain('must be an AWS region, such as eu-west-1 (it is [hidden])');
  });

  test.each([
    'projects: [{ name: a, providerKeys: { p: [do-not-show] } }]',
    'projects: [{ name: a, providerKeys: { p: "do-not-show " } }]',
    'projects: [{ name: a, providerKeys: { other: do-not-show } }]',
    'projects: [{ name: a, providerKeys: do-not-show }]',
    'projects: [{ name: a, providerKeys: [do-not-show] }]',
  ])('%s', (more) => {
    const told = refuse(provider('provider: openai, apiKey: k', more));
    expect(told).toMatch(/^offpeak\.yaml:3:/);
    expect(told).not.toContain('do-not-show');
  });
});
