import { ServiceTier, type GenerateContentConfig } from '@google/genai';
import { createKey } from '@offpeak/gateway';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, total } from '../e2e/books.ts';
import { until, withStore } from '../e2e/harness.ts';
import { hold, whileFull } from '../e2e/occupy.ts';
import { refuse } from '../providers/fault.ts';
import { GEMINI_REFUSALS } from '../providers/gemini/refusals.ts';
import { OPENAI_REFUSALS } from '../providers/openai/refusals.ts';
import {
  GEMINI_SDKS,
  GENAI_3,
  generate,
  refusalOf,
  retryAfterS,
  startGeminiHouse,
  textOf,
  WAYS,
  type GeminiHouse,
} from './gemini-sdks.ts';

/** Refusals arrive as `ApiError`, whose message is a body in Google's form that programs can read. */

const ASK = { model: 'sim-8b', contents: 'Hello' };
const SHORT: GenerateContentConfig = { maxOutputTokens: 4 };
const AT_ONCE: GenerateContentConfig = { ...SHORT, httpOptions: { headers: { 'offpeak-max-wait': '0' } } };

describe('open, with one slot', () => {
  let house: GeminiHouse;
  beforeAll(async () => {
    house = await startGeminiHouse({ engines: [{ slots: 1 }] });
  });
  beforeEach(() => {
    house.gemini.reset();
    house.openai.reset();
  });
  afterAll(async () => {
    try {
      await checkBooks(house);
    } finally {
      await house.close();
    }
  });

  describe.each(GEMINI_SDKS)('$name', (sdk) => {
    test('an unknown model is not found, and what is served is named', async () => {
      const ai = sdk.connect(house.url);
      const model = 'gemini-nothing';
      const calls = [
        ...WAYS.map((way) => () => generate(ai, way, { model, contents: 'Hello' })),
        () => ai.models.get({ model }),
        () => ai.models.countTokens({ model, contents: 'Hello' }),
      ];
      for (const call of calls) {
        const told = await refusalOf(sdk, call());
        expect(told).toMatchObject({ status: 404, code: 'NOT_FOUND' });
        expect(told.message).toContain('sim-8b');
      }
    });

    test('what is wrong is named by its place in the body', async () => {
      const ai = sdk.connect(house.url);
      const CASES: readonly (readonly [string, GenerateContentConfig])[] = [
        ['generationConfig.maxOutputTokens', { maxOutputTokens: -5 }],
        // The engine's own bounds, in its own words.
        ['generationConfig.temperature', { temperature: 9 }],
        ['service_tier', { serviceTier: 'platinum' as ServiceTier }],
        ['cachedContent', { cachedContent: 'cachedContents/x' }],
        ['tools[0].googleSearch', { tools: [{ googleSearch: {} }] }],
        ['generationConfig.responseModalities', { responseModalities: ['AUDIO'] }],
        ['generationConfig.topK', { httpOptions: { extraBody: { generationConfig: { topK: 'many' } } } }],
      ];
      for (const [field, config] of CASES) {
        for (const way of WAYS) {
          const told = await refusalOf(sdk, generate(ai, way, { ...ASK, config }));
          expect(told).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' });
          expect(told.details['BadRequest']).toMatchObject({ fieldViolations: [{ field }] });
        }
      }
      const { message } = await refusalOf(sdk, generate(ai, 'unary', { ...ASK, config: CASES[2]![1] }));
      for (const word of ['standard', 'flex', 'priority']) expect(message).toContain(`'${word}'`);
    });

    test.each(WAYS)('%s: flex without capacity is 503 with a hint, at once and uncharged', async (way) => {
      const ai = sdk.connect(house.url);
      const config = { ...AT_ONCE, serviceTier: ServiceTier.FLEX };
      const told = await whileFull(house, () => refusalOf(sdk, generate(ai, way, { ...ASK, config })));
      expect(told).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      expect(told.details['ErrorInfo']).toMatchObject({ reason: 'flex_unavailable' });
      expect(told.message).toContain('not charged');
      expect(retryAfterS(told)).toBeGreaterThan(0);
    });

    test('standard without capacity is 503 with a hint', async () => {
      const ai = sdk.connect(house.url);
      const told = await whileFull(house, () => refusalOf(sdk, generate(ai, 'unary', { ...ASK, config: AT_ONCE })));
      expect(told).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      expect(retryAfterS(told)).toBeGreaterThan(0);
    });

    test('a client that was told to retry is served when there is room', async () => {
      const release = await hold(house);
      const before = await refusals(house);
      const http = { headers: { 'offpeak-max-wait': '0' }, retryOptions: { attempts: 5, initialDelay: 0.01 } };
      const call = generate(sdk.connect(house.url, { http }), 'unary', { ...ASK, config: SHORT });
      await until(async () => (await refusals(house)) > before, 'it was refused once');
      await release();
      expect(textOf(await call)).not.toBe('');
    });

    test('an engine that answers garbage is 502 for the SDK', async () => {
      house.engines[0]!.faults.inject({ kind: 'garbage' });
      const told = await refusalOf(sdk, generate(sdk.connect(house.url), 'unary', { ...ASK, config: SHORT }));
      expect(told).toMatchObject({ status: 502, code: 'INTERNAL' });
      expect(told.message).not.toContain('html');
    });

    const BREAKS: readonly (readonly [string, string, () => void])[] = [
      [
        'sim-8b',
        'gpu-0',
        () => {
          house.engines[0]!.faults.inject({ kind: 'truncate', afterTokens: 2 });
        },
      ],
      [
        'gemini-2.0-flash',
        'gemini',
        () => {
          house.gemini.next({ kind: 'error-event', afterEvents: 2, refusal: GEMINI_REFUSALS.overloaded });
        },
      ],
      [
        'gemini-2.0-flash',
        'gemini',
        () => {
          house.gemini.next({ kind: 'die', afterEvents: 2 });
        },
      ],
      [
        'gpt-4o',
        'openai',
        () => {
          house.openai.next({ kind: 'error-event', afterEvents: 3, refusal: OPENAI_REFUSALS.serverError });
        },
      ],
    ];
    test.each(BREAKS)(
      '%s: a stream that breaks throws, after what was said before',
      async (model, upstream, breakIt) => {
        breakIt();
        const stream = await sdk
          .connect(house.url)
          .models.generateContentStream({ model, contents: 'one two three', config: { maxOutputTokens: 16 } });
        const said: string[] = [];
        const told = await refusalOf(
          sdk,
          (async () => {
            for await (const chunk of stream) said.push(textOf([chunk]));
          })(),
        );
        expect(said).toHaveLength(2);
        expect(told.message).toContain(upstream);
        expect(told.status).toBeGreaterThanOrEqual(500);
      },
    );
  });

  describe('what providers refuse', () => {
    // A refusal pauses the lane of its model, so each has one of its own.
    const CASES = [
      { what: 'overloaded', model: 'gemini-3.8-flash', status: 503, code: 'UNAVAILABLE', retries: true },
      { what: 'requestLimit', model: 'gemini-3.7-flash', status: 503, code: 'UNAVAILABLE', retries: true },
      { what: 'dailyQuota', model: 'gemini-3.5-flash-lite', status: 503, code: 'UNAVAILABLE', retries: false },
      { what: 'invalidKey', model: 'gemini-3.1-pro-preview', status: 502, code: 'INTERNAL', retries: false },
      { what: 'notFound', model: 'gemini-2.5-flash', status: 502, code: 'INTERNAL', retries: false },
    ] as const;
    test.each(CASES)('$what is $status', async ({ what, model, status, code, retries }) => {
      house.gemini.next(refuse(GEMINI_REFUSALS[what]));
      const ai = GENAI_3.connect(house.url);
      const told = await refusalOf(GENAI_3, generate(ai, 'unary', { model, contents: 'Hello', config: AT_ONCE }));
      expect(told).toMatchObject({ status, code });
      if (retries) expect(retryAfterS(told)).toBeGreaterThan(0);
      else expect(told.details).not.toHaveProperty('RetryInfo');
      expect(JSON.stringify(told)).not.toContain('AIza');
    });

    test('its own complaint about a request is handed on', async () => {
      const ai = GENAI_3.connect(house.url);
      const config = { temperature: 9 };
      const own = await refusalOf(
        GENAI_3,
        generate(ai, 'unary', { model: 'gemini-2.0-flash', contents: 'Hello', config }),
      );
      expect(own).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' });
      expect(own.message).toContain('generation_config.temperature');
      const other = await refusalOf(GENAI_3, generate(ai, 'unary', { model: 'gpt-4o', contents: 'Hello', config }));
      expect(other).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' });
      expect(other.details['BadRequest']).toMatchObject({
        fieldViolations: [{ field: 'generationConfig.temperature' }],
      });
    });
  });
});

async function refusals(house: GeminiHouse): Promise<number> {
  return total(readMetrics(await house.metrics()), 'offpeak_requests_total', { outcome: 'refused' });
}

describe('with keys and limits', () => {
  const PROJECTS = GEMINI_SDKS.map((_, index) => `few-${index}`);
  let house: GeminiHouse;
  const keys = new Map<string, string>();
  beforeAll(async () => {
    const lines = PROJECTS.map((name) => `  - { name: ${name}, limits: { standard: { requestsPerMinute: 1 } } }\n`);
    house = await startGeminiHouse({
      config: `auth: keys\nprojects:\n  - { name: capped, maxTier: standard }\n${lines.join('')}`,
    });
    await withStore(house.data, async (store) => {
      for (const project of ['capped', ...PROJECTS]) {
        keys.set(project, (await createKey(store, project, { now: Date.now() })).key);
      }
    });
    const headers = { 'x-goog-api-key': [...keys.values()].at(-1)! };
    await until(async () => (await fetch(`${house.url}/v1beta/models`, { headers })).ok, 'the keys are known');
  });
  afterAll(async () => {
    try {
      await checkBooks(house);
    } finally {
      await house.close();
    }
  });

  test.each(GEMINI_SDKS)('$name: a wrong key is refused, a right one is served', async (sdk) => {
    const stranger = sdk.connect(house.url, { apiKey: 'op_wrong' });
    const calls = [
      ...WAYS.map((way) => () => generate(stranger, way, ASK)),
      () => stranger.models.list(),
      () => stranger.models.get({ model: 'sim-8b' }),
      () => stranger.models.countTokens(ASK),
    ];
    for (const call of calls) {
      const told = await refusalOf(sdk, call());
      expect(told).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
      expect(told.message).not.toContain('op_wrong');
    }
    const known = sdk.connect(`${house.url}/gemini`, { apiKey: keys.get('capped')! });
    for (const way of WAYS) expect(textOf(await generate(known, way, { ...ASK, config: SHORT }))).not.toBe('');
    expect((await known.models.list()).page.length).toBeGreaterThan(0);
    expect((await known.models.countTokens(ASK)).totalTokens).toBeGreaterThan(0);
    // Google's own clients may show the key in the address instead.
    expect((await fetch(`${house.url}/v1beta/models?key=${keys.get('capped')!}`)).status).toBe(200);
  });

  test.each(GEMINI_SDKS)('$name: a tier above what the project may use is forbidden', async (sdk) => {
    const ai = sdk.connect(house.url, { apiKey: keys.get('capped')! });
    const config = { ...SHORT, serviceTier: ServiceTier.PRIORITY };
    const told = await refusalOf(sdk, generate(ai, 'unary', { ...ASK, config }));
    expect(told).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
    expect(told.details['BadRequest']).toMatchObject({ fieldViolations: [{ field: 'service_tier' }] });
    expect(told.message).toContain("'standard'");
  });

  test('a used-up limit says which, how much, and when to come back', async () => {
    for (const [index, sdk] of GEMINI_SDKS.entries()) {
      const ai = sdk.connect(house.url, { apiKey: keys.get(PROJECTS[index]!)! });
      await generate(ai, 'unary', { ...ASK, config: SHORT });
      for (const way of WAYS) {
        const told = await refusalOf(sdk, generate(ai, way, { ...ASK, config: SHORT }));
        expect(told).toMatchObject({ status: 429, code: 'RESOURCE_EXHAUSTED' });
        expect(told.details['QuotaFailure']).toMatchObject({
          violations: [
            {
              quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
              quotaDimensions: { model: 'sim-8b', service_tier: 'standard' },
              quotaValue: '1',
            },
          ],
        });
        expect(retryAfterS(told)).toBeGreaterThan(0);
        expect(retryAfterS(told)).toBeLessThanOrEqual(60);
      }
    }
  });
});
