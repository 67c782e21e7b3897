import { TIERS } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../problem.ts';
import { DENIAL, PROBLEMS } from '../words/testing/problems.ts';
import { resolveTierWord } from '../words/tier-word.ts';
import { BEDROCK } from './dialect.ts';
import { FrameReader } from './event-stream/reader.ts';

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { message: string; __type: string };
}

function tell(problem: Problem): Told {
  const { status, headers, body } = BEDROCK.problem(problem);
  return { status, headers, body: JSON.parse(body) as Told['body'] };
}

/** What the SDK sends again by itself. */
const RETRIED: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

describe('problems', () => {
  test.each(Object.values(PROBLEMS))('$kind has the whole form', (problem) => {
    const { status, headers, body } = tell(problem);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(Object.keys(body)).toEqual(['message', '__type']);
    expect(body.message).toMatch(/^.{6,}$/);
    expect(body.message).not.toMatch(/undefined|NaN|Infinity|\[object/);
    expect(headers['x-amzn-errortype']).toBe(body.__type);
    expect(body.__type).toMatch(/^[A-Z]\w+Exception$/);
    for (const [name, value] of Object.entries(headers)) expect(`${name}: ${value}`).toMatch(/^[a-z-]+: [\x20-\x7e]+$/);
  });

  test.each<[Problem['kind'], number, string]>([
    ['malformed-json', 400, 'ValidationException'],
    ['unknown-tier', 400, 'ValidationException'],
    ['too-large-for-model', 400, 'ValidationException'],
    ['rejected-by-engine', 400, 'ValidationException'],
    ['untranslatable', 400, 'ValidationException'],
    ['tier-not-allowed', 403, 'AccessDeniedException'],
    ['unauthenticated', 403, 'UnrecognizedClientException'],
    ['bad-signature', 403, 'InvalidSignatureException'],
    ['unknown-model', 404, 'ResourceNotFoundException'],
    ['unknown-path', 404, 'ResourceNotFoundException'],
    ['upstream-timeout', 408, 'ModelTimeoutException'],
    ['deadline-unreachable', 408, 'ModelTimeoutException'],
    ['upstream-credentials', 424, 'ModelErrorException'],
    ['limited', 429, 'ThrottlingException'],
    ['contended', 429, 'ThrottlingException'],
    ['internal', 500, 'InternalServerException'],
    ['upstream-failed', 500, 'InternalServerException'],
    ['flex-unavailable', 503, 'ServiceUnavailableException'],
    ['no-capacity', 503, 'ServiceUnavailableException'],
    ['draining', 503, 'ServiceUnavailableException'],
  ])('%s is %i %s', (kind, status, name) => {
    expect(tell(PROBLEMS[kind])).toMatchObject({ status, body: { __type: name } });
  });

  test('signatures and keys that are not there have names of their own', () => {
    expect(tell({ kind: 'bad-signature', reason: 'incomplete', detail: 'no scope' }).body.__type).toBe(
      'IncompleteSignatureException',
    );
    expect(tell({ kind: 'unauthenticated', missing: true, detail: 'no key was sent' }).body.__type).toBe(
      'MissingAuthenticationTokenException',
    );
  });

  test('what no repetition mends has a status that the SDK does not repeat', () => {
    const never: Problem = { ...PROBLEMS.limited, denial: { ...DENIAL, never: true } };
    const final: Problem[] = [
      never,
      PROBLEMS['deadline-unreachable'],
      PROBLEMS['batch-infeasible'],
      PROBLEMS['batch-expired'],
      PROBLEMS['upstream-exhausted'],
      PROBLEMS['upstream-credentials'],
      PROBLEMS['upstream-timeout'],
      PROBLEMS['unsupported'],
    ];
    for (const problem of final) expect(RETRIED).not.toContain(tell(problem).status);
    expect(tell(never).body.__type).toBe('ServiceQuotaExceededException');
  });

  test('the hint is in milliseconds first, which the SDK takes', () => {
    const { headers } = tell(PROBLEMS.limited);
    expect(Object.keys(headers).slice(0, 2)).toEqual(['x-amzn-errortype', 'x-amz-retry-after']);
    expect(headers['x-amz-retry-after']).toBe('5289');
  });

  test.each<[Problem['kind'], string]>([
    ['limited', 'throttlingException'],
    ['flex-unavailable', 'serviceUnavailableException'],
    ['internal', 'internalServerException'],
    ['upstream-failed', 'modelStreamErrorException'],
    ['upstream-timeout', 'modelStreamErrorException'],
    ['upstream-credentials', 'modelStreamErrorException'],
    ['too-large-for-model', 'validationException'],
    ['tier-not-allowed', 'validationException'],
  ])('%s inside a stream is %s', (kind, name) => {
    const frames = new FrameReader().push(BEDROCK.streamProblem(PROBLEMS[kind]));
    expect(frames.map((frame) => frame.kind)).toEqual([{ message: 'exception', name }]);
    expect(JSON.parse(frames[0]!.payload.toString())).toEqual({ message: tell(PROBLEMS[kind]).body.message });
  });
});

describe('tiers', () => {
  test.each([
    ['default', 'standard'],
    ['standard', 'standard'],
    ['reserved', 'standard'],
    ['priority', 'priority'],
    ['flex', 'flex'],
  ])('%s asks for %s', (word, tier) => {
    expect(resolveTierWord(BEDROCK, word)).toBe(tier);
  });

  test('other words are refused with what is allowed', () => {
    expect(resolveTierWord(BEDROCK, 'auto')).toMatchObject({ kind: 'unknown-tier', allowed: BEDROCK.tierWords });
    for (const word of BEDROCK.tierWords) expect(BEDROCK.tiers.has(word)).toBe(true);
  });

  test('what was served', () => {
    expect(TIERS.map(BEDROCK.servedWord).sort()).toEqual(['batch', 'default', 'flex', 'priority']);
  });
});

test('models have what is known of them', () => {
  expect(BEDROCK.modelObject({ id: 'sim-8b' })).toMatchObject({ modelDetails: { modelId: 'sim-8b' } });
  expect(BEDROCK.modelList([{ id: 'a', ownedBy: 'vllm' }, { id: 'b' }])).toMatchObject({
    modelSummaries: [{ modelId: 'a', providerName: 'vllm' }, { modelId: 'b' }],
  });
});

test('no limits are told', () => {
  expect(BEDROCK.limitHeaders({ tokensPerDay: { limit: 5, remaining: 5, resetMs: 0 } }, 0)).toEqual({});
});
