import type { Tier } from '@offpeak/core';
import { z } from 'zod';
import { ACCOUNT_OBJECTS, ENGINE_KINDS, OPENAI_APIS, PROVIDER_NAMES } from './config.ts';
import { awsRegion, baseUrl, count, headers, modelName, name, secret } from './fields.ts';
import type { RawUpstream } from './raw.ts';

/** Lists in the file are bounded, so that a reload stays quick. */
export const ENTRIES_MAX = 10_000;

/** Batch is another interface everywhere, so single requests never go to a provider at it. */
const SOLD_TIERS = ['priority', 'standard', 'flex'] as const;

export function soldTiers(): z.ZodType<Tier[] | undefined> {
  return z.array(z.enum(SOLD_TIERS)).min(1).optional();
}

const modelsOfUpstream = z
  .union([z.literal('auto'), z.array(modelName()).min(1).max(ENTRIES_MAX)], {
    error: 'must be auto or a list of model names',
  })
  .prefault('auto');

const provider = z.strictObject({
  name: name().describe('Shown in the offpeak-upstream header and in metrics.'),
  kind: z.literal('provider').describe('A hosted provider, with tiers and limits of its own.'),
  provider: z.enum(PROVIDER_NAMES),
  url: baseUrl().optional().describe("Absent: the provider's own address. A version at the end is left out."),
  models: modelsOfUpstream.describe('auto: what the provider lists, and what targets name.'),
  tiers: soldTiers().describe(
    'What it sells for all its models. Absent: what is known of the provider and each model.',
  ),
  api: z
    .enum(OPENAI_APIS)
    .prefault('auto')
    .describe('openai only: which of its interfaces translated requests go to. auto: chat completions.'),
  accountObjects: z
    .enum(ACCOUNT_OBJECTS)
    .prefault('refused')
    .describe(
      "Names of files, caches, conversations and whatever else lies in the account of this upstream's key, in requests of " +
        'projects that share the key. shared: every project may use all that it knows the name of.',
    ),
  concurrency: z
    .union([z.literal('auto'), count(1, 1_000_000)], { error: 'must be auto or a whole number, at least 1' })
    .prefault('auto')
    .describe('Requests at once per model and tier, at most. auto: as many as it takes.'),
  apiKey: secret().optional().describe('Absent: only projects with a key of their own (providerKeys) are served.'),
  region: awsRegion().optional().describe('bedrock only, which has an address for each. Absent: us-east-1.'),
  accessKeyId: secret().optional().describe('bedrock only: to sign requests, in place of apiKey.'),
  secretAccessKey: secret().optional().describe('bedrock only.'),
  sessionToken: secret().optional().describe('bedrock only, with temporary credentials.'),
  headers: headers().prefault({}).describe('Sent with every request.'),
});

const engine = z.strictObject({
  name: name().describe('Shown in the offpeak-upstream header and in metrics.'),
  kind: z.literal('engine').describe('A server of your own, whose capacity Offpeak schedules.'),
  engine: z.enum(ENGINE_KINDS).prefault('auto').describe('What it speaks beyond plain OpenAI. auto asks the engine.'),
  url: baseUrl().describe('Base URL. A version at the end is left out.'),
  models: modelsOfUpstream.describe('auto asks the engine.'),
  capacity: z
    .union(
      [
        z.literal('auto'),
        z.strictObject({
          slots: z
            .union([z.literal('auto'), count(1, 1_000_000)], { error: 'must be auto or a whole number, at least 1' })
            .prefault('auto')
            .describe('Requests that it runs at once.'),
          kvTokens: count(1).optional().describe('Tokens that its KV cache holds.'),
        }),
      ],
      { error: 'must be auto or { slots, kvTokens }' },
    )
    .prefault('auto')
    .describe('auto finds it out while serving.'),
  enginePriority: z
    .boolean({ error: 'must be true or false' })
    .prefault(false)
    .describe(
      'Tell the engine the tier in its own priority field. It must have been started with priority scheduling.',
    ),
  apiKey: secret().optional().describe('Sent as a bearer token.'),
  headers: headers().prefault({}).describe('Sent with every request.'),
});

export const upstream: z.ZodType<RawUpstream> = z.discriminatedUnion('kind', [engine, provider]);
