import { TIERS, type Tier } from '@offpeak/core';
import { z } from 'zod';
import { DEFAULT_SLO, LOG_LEVELS, LOOKUPS_PER_MINUTE, PRESET_NAMES, TARGET_ORDERS } from './config.ts';
import { DURATION_MS_MAX, formatDuration } from './duration.ts';
import {
  amount,
  awsRegion,
  count,
  duration,
  listenAddress,
  modelName,
  name,
  positiveAmount,
  positiveDuration,
  secret,
  size,
} from './fields.ts';
import type { RawConfig } from './raw.ts';
import { ENTRIES_MAX, soldTiers, upstream } from './upstream-schema.ts';

/** The same settings for each tier. */
function perTier<T extends z.ZodType>(settings: T): Record<Tier, z.ZodOptional<T>> {
  return {
    priority: settings.optional(),
    standard: settings.optional(),
    flex: settings.optional(),
    batch: settings.optional(),
  };
}

const limits = z
  .strictObject({
    requestsPerMinute: count(1).optional(),
    requestsPerDay: count(1).optional(),
    tokensPerMinute: count(1).optional(),
    tokensPerDay: count(1).optional(),
  })
  .describe('Limits of one project in one tier and model. What is absent follows from the preset.');

const patience = duration().optional().describe('How long a request of this tier may wait before it is refused.');
const price = amount(100).optional().describe("Times the model's price.");

const timeout = positiveDuration()
  .optional()
  .describe('How long a provider may work on a request before it begins to answer, apart from any wait before.');

const tier = z.strictObject({ patience, price, timeout, limits: limits.optional() });
const projectTier = z.strictObject({ patience, price, timeout });

const target = z.strictObject({
  upstream: name(),
  model: modelName(),
  tiers: soldTiers().describe('The tiers that may go there; providers only. Absent: all that it sells.'),
  weight: positiveAmount(1_000_000).optional().describe('Its share with order: weights. Absent: 1.'),
});

const model = z.strictObject({
  name: modelName().describe('What clients ask for.'),
  targets: z
    .array(target)
    .max(ENTRIES_MAX)
    .prefault([])
    .describe('Who serves it, under which name. Empty: every upstream that has a model of this name.'),
  order: z
    .enum(TARGET_ORDERS)
    .prefault('auto')
    .describe(
      'auto: own engines share the work, and what they cannot take goes to the providers in the order of this file. ' +
        'listed: in the order of this file. cost: own engines, then the cheapest provider. weights: shared by weight.',
    ),
  price: z
    .strictObject({
      input: amount(1_000_000),
      cachedInput: amount(1_000_000).optional().describe("Absent: the input's price."),
      cacheWrite: amount(1_000_000).optional().describe("Absent: the input's price."),
      longCacheWrite: amount(1_000_000)
        .optional()
        .describe(
          'Of what is kept for longer than usual. Absent: not known, and its cost is not told as a certain one.',
        ),
      output: amount(1_000_000),
    })
    .optional()
    .describe("USD per 1M tokens, as standard. Absent: what Offpeak's own price list says, or nothing."),
});

const project = z.strictObject({
  name: name(),
  defaultTier: z.enum(TIERS).prefault('standard').describe('For requests that name no tier.'),
  maxTier: z.enum(TIERS).prefault('priority').describe('The most urgent tier that its requests may ask for.'),
  autoBuysPriority: z
    .boolean({ error: 'must be true or false' })
    .prefault(false)
    .describe("Where auto means the best tier there is (Groq's wire), it may be priority, at its price."),
  onUnavailable: z
    .enum(['refuse', 'standard'])
    .prefault('refuse')
    .describe('When flex finds no capacity: refuse it, or serve it as standard at the price of standard.'),
  maxWait: duration().optional().describe('No request waits longer, whatever its tier and its client say.'),
  limits: z.strictObject(perTier(limits)).prefault({}),
  tiers: z.strictObject(perTier(projectTier)).prefault({}),
  lookupsPerMinute: count(1)
    .prefault(LOOKUPS_PER_MINUTE)
    .describe('Token counts and reads of stored answers, together. They are free, and count towards no other limit.'),
  providerKeys: z
    .record(name(), secret())
    .prefault({})
    .describe("The project's own keys at providers, by the upstream's name. They pay for its requests there."),
});

const server = z.strictObject({
  connectionsMax: count(1, 1_000_000).prefault(20_000),
  headerMax: size().prefault('64KiB').describe('All headers of a request.'),
  headerReadMax: positiveDuration().prefault('20s'),
  bodyMax: size().prefault('64MiB'),
  bodyReadMax: positiveDuration().prefault('60s'),
  idleMax: positiveDuration().prefault('75s').describe('A kept-alive connection without a request.'),
  queueTicketsMax: count(1, 10_000_000).prefault(100_000),
  queueMemoryMax: size().prefault('1GiB').describe('Bodies of all queued requests together.'),
  unaryAnswerMax: size().prefault('64MiB'),
  slowReaderMax: positiveDuration().prefault('60s').describe('A client that takes nothing of its answer for so long.'),
  heartbeat: positiveDuration().prefault('10s').describe('Between two signs of life while a client waits.'),
  upstreamConnectMax: positiveDuration().prefault('5s'),
  upstreamFirstByteMax: positiveDuration().prefault('5m'),
  upstreamSilenceMax: positiveDuration().prefault('2m').describe('Between two pieces of an answer.'),
  drainMax: duration().prefault('30s').describe('For running requests, on SIGTERM.'),
});

const file: z.ZodType<RawConfig> = z.strictObject({
  listen: listenAddress().prefault('127.0.0.1:8787').describe('Needs a restart.'),
  data: z
    .string({ error: 'must be the path of a folder' })
    .min(1, { error: 'must be the path of a folder' })
    .prefault('./.offpeak')
    .describe("The database's folder, from this file's folder. Needs a restart."),
  auth: z
    .enum(['keys', 'open'])
    .optional()
    .describe(
      'open serves whoever connects. By default keys, except on a loopback address until the first key is made.',
    ),
  upstreams: z.array(upstream).max(ENTRIES_MAX).prefault([]),
  models: z.array(model).max(ENTRIES_MAX).prefault([]),
  tiers: z
    .strictObject({
      preset: z.enum(PRESET_NAMES).optional().describe("Absent: each mount has its own provider's."),
      ...perTier(tier),
    })
    .prefault({}),
  projects: z.array(project).max(ENTRIES_MAX).prefault([]),
  slo: z
    .strictObject({
      ttft: positiveDuration()
        .prefault(formatDuration(DEFAULT_SLO.ttftMs))
        .describe('To the first token of an interactive request.'),
      tpot: positiveDuration().prefault(formatDuration(DEFAULT_SLO.tpotMs)).describe('Per token after it.'),
      flexShare: amount(1)
        .prefault(DEFAULT_SLO.flexShare)
        .describe(
          "Which share of the time between an empty engine's step and tpot flex and batch may fill. More harvests more " +
            'and delays interactive tokens more; 0 harvests nothing.',
        ),
    })
    .prefault({}),
  server: server.prefault({}).describe('What the server holds, and for how long, whatever clients and engines do.'),
  ledger: z
    .strictObject({
      keep: z
        .union([z.literal('forever').transform(() => 0), positiveDuration(DURATION_MS_MAX)], {
          error: 'must be forever or a duration above 0, such as 400d',
        })
        .prefault('400d')
        .describe('How long ledger rows are kept.'),
    })
    .prefault({}),
  responses: z
    .strictObject({
      keep: z
        .union([z.literal('never').transform(() => 0), positiveDuration(DURATION_MS_MAX)], {
          error: 'must be never or a duration above 0, such as 30d',
        })
        .prefault('30d')
        .describe(
          'How long answers of the Responses API that clients ask to be stored are kept. never: none is stored.',
        ),
    })
    .prefault({}),
  signatures: z
    .strictObject({ region: awsRegion().optional().describe('The only AWS region that they may be for. Absent: any.') })
    .prefault({})
    .describe("Requests that are signed, as AWS's SDKs do, instead of showing a key."),
  logs: z
    .strictObject({
      level: z.enum(LOG_LEVELS).prefault('info'),
      requests: z.boolean({ error: 'must be true or false' }).prefault(false).describe('One line per request.'),
    })
    .prefault({}),
});

/** The file's values through the schema. */
export function checkShape(value: unknown): z.ZodSafeParseResult<RawConfig> {
  return file.safeParse(value);
}

/** The published schema, for editors: of the file as it is written, before `${VAR}` is replaced. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'Offpeak configuration', ...z.toJSONSchema(file, { io: 'input' }) };
}
