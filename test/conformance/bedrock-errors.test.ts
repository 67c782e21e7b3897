import {
  AccessDeniedException,
  BedrockRuntimeServiceException,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  ModelErrorException,
  ModelStreamErrorException,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
  type BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ConverseCommandInput,
  type Message,
} from '@aws-sdk/client-bedrock-runtime';
import { createKey } from '@offpeak/gateway';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks } from '../e2e/books.ts';
import { until, withStore } from '../e2e/harness.ts';
import { hold, whileFull } from '../e2e/occupy.ts';
import { refuse } from '../providers/fault.ts';
import { ANTHROPIC_REFUSALS } from '../providers/anthropic/refusals.ts';
import { BEDROCK_REFUSALS } from '../providers/bedrock/refusals.ts';
import {
  connect,
  converse,
  failureOf,
  startBedrockHouse,
  TRANSPORTS,
  WAYS,
  type BedrockHouse,
} from './bedrock-clients.ts';

/** Refusals arrive as the SDK's own exceptions, and are retried by it exactly where that can help. */

const MESSAGES: Message[] = [{ role: 'user', content: [{ text: 'one two three' }] }];
const ASK = { modelId: 'sim-8b', messages: MESSAGES, inferenceConfig: { maxTokens: 4 } };
const REQUEST_ID = /^req_[0-9a-z]+$/;

/** A client whose requests say more in their headers than the SDK has members for. */
function saying(client: BedrockRuntimeClient, headers: Record<string, string>): BedrockRuntimeClient {
  client.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: Record<string, string> }).headers, headers);
      return next(args);
    },
    { step: 'build' },
  );
  return client;
}

const AT_ONCE = { 'offpeak-max-wait': '0' };
const ONCE: BedrockRuntimeClientConfig = { maxAttempts: 1 };

describe('open, with one slot', () => {
  let house: BedrockHouse;
  beforeAll(async () => {
    house = await startBedrockHouse({ engines: [{ slots: 1 }] });
  });
  beforeEach(() => {
    house.bedrock.reset();
    house.anthropic.reset();
  });
  afterAll(async () => {
    try {
      await checkBooks(house);
    } finally {
      await house.close();
    }
  });

  describe.each(TRANSPORTS)('$name', (transport) => {
    const client = (options: BedrockRuntimeClientConfig = ONCE) => connect(house.url, transport, options);

    test('an unknown model is not found, and what is served is named', async () => {
      for (const way of WAYS) {
        const error = await failureOf(converse(client({}), way, { ...ASK, modelId: 'no.such-model-v1:0' }));
        expect(error).toBeInstanceOf(ResourceNotFoundException);
        expect(error.message).toContain('sim-8b');
        expect(error.$metadata).toMatchObject({
          httpStatusCode: 404,
          attempts: 1,
          requestId: expect.stringMatching(REQUEST_ID) as string,
        });
      }
    });

    test('what is wrong is named by its place in the body', async () => {
      const CASES: readonly (readonly [string, Partial<ConverseCommandInput>])[] = [
        ['inferenceConfig.maxTokens', { inferenceConfig: { maxTokens: -5 } }],
        // The engine's own bounds, in its own words.
        ['temperature', { inferenceConfig: { temperature: 9 } }],
        ["'flex'", { serviceTier: { type: 'platinum' as never } }],
        ['guardrailConfig', { guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' } }],
        ['messages', { messages: undefined }],
      ];
      for (const [field, more] of CASES) {
        for (const way of WAYS) {
          const error = await failureOf(converse(client({}), way, { ...ASK, ...more }));
          expect(error).toBeInstanceOf(ValidationException);
          expect(error.message).toContain(field);
          expect(error.$metadata).toMatchObject({ httpStatusCode: 400, attempts: 1 });
        }
      }
    });

    test.each(WAYS)('%s: flex without capacity is unavailable, with a hint and uncharged', async (way) => {
      const error = await whileFull(house, () =>
        failureOf(converse(saying(client(), AT_ONCE), way, { ...ASK, serviceTier: { type: 'flex' } })),
      );
      expect(error).toBeInstanceOf(ServiceUnavailableException);
      expect(error.message).toContain('not charged');
      expect(error.$metadata).toMatchObject({
        httpStatusCode: 503,
        requestId: expect.stringMatching(REQUEST_ID) as string,
      });
      const { $response } = error as BedrockRuntimeServiceException;
      expect(Number($response!.headers['x-amz-retry-after'])).toBeGreaterThan(0);
    });

    const BREAKS = [
      {
        what: 'an engine that stops',
        modelId: 'sim-8b',
        upstream: 'gpu-0',
        breakIt: () => {
          house.engines[0]!.faults.inject({ kind: 'truncate', afterTokens: 2 });
        },
        heard: 2,
        kind: ModelStreamErrorException,
      },
      {
        what: "Bedrock's exception",
        modelId: 'amazon.nova-pro-v1:0',
        upstream: 'bedrock',
        breakIt: () => {
          house.bedrock.next({ kind: 'error-event', afterEvents: 3, refusal: BEDROCK_REFUSALS.streamError });
        },
        heard: 2,
        kind: ModelStreamErrorException,
      },
      {
        what: 'a dead connection',
        modelId: 'amazon.nova-pro-v1:0',
        upstream: 'bedrock',
        breakIt: () => {
          house.bedrock.next({ kind: 'die', afterEvents: 3 });
        },
        heard: 2,
        kind: ModelStreamErrorException,
      },
      {
        what: "Anthropic's error",
        modelId: 'claude-sonnet-4-6',
        upstream: 'anthropic',
        breakIt: () => {
          house.anthropic.next({ kind: 'error-event', afterEvents: 4, refusal: ANTHROPIC_REFUSALS.overloaded });
        },
        heard: 1,
        kind: ModelStreamErrorException,
      },
    ];
    test.each(BREAKS)('in a stream: $what', async ({ modelId, upstream, breakIt, heard, kind }) => {
      breakIt();
      const { stream } = await client({}).send(
        new ConverseStreamCommand({ ...ASK, modelId, inferenceConfig: { maxTokens: 16 } }),
      );
      const said: string[] = [];
      const error = await failureOf(
        (async () => {
          for await (const { contentBlockDelta: change } of stream!)
            if (change?.delta?.text !== undefined) said.push(change.delta.text);
        })(),
      );
      expect(error).toBeInstanceOf(kind);
      expect(said).toHaveLength(heard);
      expect(error.message).toContain(upstream);
    });
  });

  test('standard without capacity is throttled, tried again by the SDK, and served when there is room', async () => {
    const release = await hold(house);
    const before = (await rows(house)).length;
    const call = converse(saying(connect(house.url), AT_ONCE), 'unary', ASK);
    await until(async () => (await rows(house)).length > before, 'it was refused once');
    await release();
    expect((await call).text).not.toBe('');
  });

  test('AWS waits as long as it is told between its three attempts', async () => {
    const release = await hold(house);
    const before = (await rows(house)).length;
    const error = await failureOf(converse(saying(connect(house.url), AT_ONCE), 'unary', ASK));
    await release();
    expect(error).toBeInstanceOf(ThrottlingException);
    expect(error.$metadata).toMatchObject({ httpStatusCode: 429, attempts: 3 });
    expect((error.$metadata as { totalRetryDelay?: number }).totalRetryDelay).toBeGreaterThan(0);
    expect(await rows(house)).toHaveLength(before + 4);
  });
  // A refusal pauses the lane of its model and tier, so each has one of its own.
  const REFUSALS = [
    { what: 'throttled', modelId: 'amazon.nova-pro-v1:0', kind: ThrottlingException, status: 429 },
    { what: 'unavailable', modelId: 'us.anthropic.claude-opus-4-8', kind: ThrottlingException, status: 429 },
    {
      what: 'accessDenied',
      modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      kind: ModelErrorException,
      status: 424,
    },
    { what: 'internal', modelId: 'meta.llama3-3-70b-instruct-v1:0', kind: BedrockRuntimeServiceException, status: 500 },
  ] as const;
  test.each(REFUSALS)('Bedrock says $what', async ({ what, modelId, kind, status }) => {
    house.bedrock.next(refuse(BEDROCK_REFUSALS[what]), 3);
    const error = await failureOf(
      converse(saying(connect(house.url, TRANSPORTS[0], ONCE), AT_ONCE), 'unary', { ...ASK, modelId }),
    );
    expect(error).toBeInstanceOf(kind);
    expect(error.$metadata.httpStatusCode).toBe(status);
  });
});

async function rows(house: BedrockHouse): Promise<Record<string, unknown>[]> {
  return house.ledger();
}

describe('with keys and limits', () => {
  const PROJECTS = ['few', 'small'] as const;
  const LIMITS = { few: '{ requestsPerMinute: 1 }', small: '{ tokensPerMinute: 100 }' };
  type Key = Awaited<ReturnType<typeof createKey>>;
  let house: BedrockHouse;
  const keys = new Map<string, Key>();
  beforeAll(async () => {
    const lines = PROJECTS.map((name) => `  - { name: ${name}, limits: { standard: ${LIMITS[name]} } }\n`);
    house = await startBedrockHouse({
      config: `auth: keys\nprojects:\n  - { name: capped, maxTier: standard }\n${lines.join('')}`,
    });
    await withStore(house.data, async (store) => {
      for (const project of ['capped', ...PROJECTS])
        keys.set(project, await createKey(store, project, { now: Date.now() }));
    });
    const headers = { authorization: `Bearer ${keys.get('small')!.key}` };
    await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the keys are known');
  });
  afterAll(async () => {
    try {
      await checkBooks(house);
    } finally {
      await house.close();
    }
  });

  function shown(key: Pick<Key, 'key'>): BedrockRuntimeClientConfig {
    return { token: { token: key.key }, authSchemePreference: ['httpBearerAuth'] };
  }

  async function everything(client: BedrockRuntimeClient): Promise<void> {
    for (const way of WAYS) expect((await converse(client, way, ASK)).text).not.toBe('');
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'ü'.repeat(200_000) }], max_tokens: 1 });
    const { $metadata } = await client.send(new InvokeModelCommand({ modelId: 'sim-8b', body }));
    expect($metadata.httpStatusCode).toBe(200);
    const input = { converse: { messages: MESSAGES } };
    expect((await client.send(new CountTokensCommand({ modelId: 'sim-8b', input }))).inputTokens).toBeGreaterThan(0);
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.no.such-model-v1:0';
    expect(await failureOf(converse(client, 'unary', { ...ASK, modelId: arn }))).toBeInstanceOf(
      ResourceNotFoundException,
    );
  }

  describe.each(TRANSPORTS)('$name', (transport) => {
    test.each(['', '/bedrock', '/bedrock/'])('a signature proves the key, at %j', async (prefix) => {
      await everything(connect(house.url + prefix, transport, { ...ONCE, credentials: keys.get('capped')!.aws }));
    });

    test('the key itself does, as a token', async () => {
      await everything(connect(house.url, transport, { ...ONCE, ...shown(keys.get('capped')!) }));
    });

    test('or from the environment', async () => {
      process.env['AWS_BEARER_TOKEN_BEDROCK'] = keys.get('capped')!.key;
      try {
        await everything(connect(`${house.url}/bedrock`, transport, ONCE));
      } finally {
        delete process.env['AWS_BEARER_TOKEN_BEDROCK'];
      }
    });

    test('a wrong key and a wrong secret are refused, once', async () => {
      const { aws } = keys.get('capped')!;
      const WRONG: readonly (readonly [string, BedrockRuntimeClientConfig])[] = [
        ['UnrecognizedClientException', shown({ key: 'op_wrong' })],
        ['UnrecognizedClientException', { credentials: { accessKeyId: 'AKIAWRONG', secretAccessKey: 'x' } }],
        ['InvalidSignatureException', { credentials: { ...aws, secretAccessKey: 'guessed' } }],
      ];
      for (const [name, options] of WRONG) {
        const client = connect(house.url, transport, options);
        for (const way of WAYS) {
          const error = await failureOf(converse(client, way, ASK));
          expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 403, attempts: 1 } });
          expect(error).toBeInstanceOf(BedrockRuntimeServiceException);
          expect(error.message).not.toContain('op_wrong');
        }
      }
    });
  });

  test('a tier above what the project may use is denied', async () => {
    const client = connect(house.url, TRANSPORTS[0], { credentials: keys.get('capped')!.aws });
    const error = await failureOf(converse(client, 'unary', { ...ASK, serviceTier: { type: 'priority' } }));
    expect(error).toBeInstanceOf(AccessDeniedException);
    expect(error.message).toContain("'default'");
    expect(error.$metadata).toMatchObject({ httpStatusCode: 403, attempts: 1 });
  });

  test('a used-up limit is throttling, one that can never be met is a quota', async () => {
    const few = connect(house.url, TRANSPORTS[0], { ...ONCE, credentials: keys.get('few')!.aws });
    await converse(few, 'unary', ASK);
    for (const way of WAYS) {
      const error = await failureOf(converse(few, way, ASK));
      expect(error).toBeInstanceOf(ThrottlingException);
      expect(error.message).toContain('Limit 1, Used 1, Requested 1');
    }
    const small = connect(house.url, TRANSPORTS[0], { credentials: keys.get('small')!.aws });
    const error = await failureOf(converse(small, 'unary', { ...ASK, inferenceConfig: { maxTokens: 200 } }));
    expect(error).toBeInstanceOf(ServiceQuotaExceededException);
    expect(error.$metadata).toMatchObject({ httpStatusCode: 400, attempts: 1 });
  });
});
