import { expect } from 'vitest';
import type { Row } from '../../e2e/books.ts';
import { refuse } from '../../providers/fault.ts';
import type { Json } from '../../e2e/requests.ts';
import { OPENAI } from '../mounts/openai.ts';
import type { Running } from '../upstreams/upstream.ts';
import { ANSWER, type Told } from './asked.ts';
import type { Meaning, Provider } from './provider.ts';

/** What a client says about waiting, and how long the provider goes on refusing. */
export interface Mode {
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
  /** It refuses so many requests; absent: all. */
  readonly times?: number;
  /** It says that trying again makes sense almost at once. */
  readonly soon?: true;
}

const PATIENT = { 'offpeak-max-wait': '5s' };

export const STRICT: Mode = { title: 'strict, always refused', headers: { 'offpeak-max-wait': '300ms' } };
const FALLING_BACK: Mode = {
  title: 'standard if need be, refused once',
  headers: { 'offpeak-on-unavailable': 'standard', 'offpeak-max-wait': '0' },
  times: 1,
};
const FALLING_IN_VAIN: Mode = {
  title: 'standard if need be, always refused',
  headers: { 'offpeak-on-unavailable': 'standard', 'offpeak-max-wait': '0' },
};
const IMPATIENT: Mode = { title: 'no patience, always refused', headers: { 'offpeak-max-wait': '0' } };
const ONCE: Mode = { title: 'patient, refused once', headers: PATIENT, times: 1, soon: true };
const TWICE: Mode = { title: 'patient, refused twice', headers: PATIENT, times: 2, soon: true };

export const MODES: readonly Mode[] = [STRICT, FALLING_BACK, FALLING_IN_VAIN, IMPATIENT, ONCE, TWICE];

/** One refusal in one mode. */
export interface RefusalCase {
  readonly provider: Provider;
  readonly name: string;
  readonly mode: Mode;
}

export function tierOf({ upstream }: Provider): 'flex' | 'standard' {
  return upstream.askWords.flex === undefined ? 'standard' : 'flex';
}

/** Falling back to standard says something only where there is a tier below it. */
export function modesOf(provider: Provider): readonly Mode[] {
  const falls = (mode: Mode): boolean => mode === FALLING_BACK || mode === FALLING_IN_VAIN;
  return tierOf(provider) === 'flex' ? MODES : MODES.filter((mode) => !falls(mode));
}

export function arm({ provider, name, mode }: RefusalCase, { fake }: Running): void {
  const { refusal } = provider.refusals[name]!;
  const fault = refuse(mode.soon === true ? provider.soon(refusal) : refusal);
  if (mode.times === undefined) fake.always(fault);
  else fake.next(fault, mode.times);
}

/** Runs of a request that a provider may break. */
const RUNS_MAX = 3;

/** Throws where a client, the provider or the ledger saw what they should not. */
export function judge(one: RefusalCase, running: Running, told: Told, row: Row): void {
  const { provider, name, mode } = one;
  const { meaning, refusal } = provider.refusals[name]!;
  expect(running.fake.violations).toEqual([]);
  if (told.heard === null) expectNothingOwed(told, row);
  if (meaning === 'provider') judgeBroken(mode, told, row, tierOf(provider));
  else if (mode.times !== undefined && isHelped(meaning, mode)) expectServed(one, running, told, row);
  else if (meaning === 'busy') expectRefused(one, running, told, row);
  else {
    expect(told.received).toHaveLength(mode === FALLING_IN_VAIN && isHelped(meaning, FALLING_BACK) ? 2 : 1);
    expectProblem(told, meaning, sentenceOf(refusal.body as Json));
  }
}

/** An account that is no good at one tier is asked for the other one where the client would take it; waiting does not help it. */
function isHelped(meaning: Meaning, mode: Mode): boolean {
  return meaning === 'busy' || (mode === FALLING_BACK && (meaning === 'credentials' || meaning === 'exhausted'));
}

function expectRefused({ provider, mode }: RefusalCase, running: Running, told: Told, row: Row): void {
  const tier = tierOf(provider);
  const { askWords } = provider.upstream;
  const words = told.received.map((request) => running.tierIn(request));
  if (mode === FALLING_IN_VAIN) expect(words).toEqual([askWords.flex, askWords.standard]);
  else if (mode === IMPATIENT) expect(words).toEqual([askWords[tier]]);
  else expect(new Set(words)).toEqual(new Set([askWords[tier]]));
  // Standard has its own words for having no room, and was asked last.
  const last = mode === FALLING_IN_VAIN ? 'standard' : tier;
  expect({ status: told.status, word: told.problem?.word }).toEqual(
    OPENAI.problems[last === 'flex' ? 'flex-unavailable' : 'contended'],
  );
  expect(row).toMatchObject({ outcome: 'refused', requested_tier: tier, served_tier: last, status: told.status });
}

function expectServed({ provider, mode }: RefusalCase, running: Running, told: Told, row: Row): void {
  const tier = tierOf(provider);
  const served = mode === FALLING_BACK ? 'standard' : tier;
  expect(told.heard?.text).toBe(ANSWER);
  expect(told.heard?.tiers).toEqual([OPENAI.tierWords[served]]);
  expect(told.tier).toBe(served);
  expect(told.received).toHaveLength(mode.times! + 1);
  expect(running.tierIn(told.received.at(-1)!)).toBe(provider.upstream.askWords[served]);
  expect(row).toMatchObject({
    outcome: 'completed',
    requested_tier: tier,
    served_tier: served,
    why: mode === FALLING_BACK ? 'fallback' : 'asked',
    output_tokens: told.heard!.usage!.output,
  });
  expectPrice(row, served);
}

/** OpenAI's preset, which the mount has, sells flex at half the price. Of models without a price nothing is owed. */
function expectPrice({ cost_nano_usd: cost, standard_cost_nano_usd: standard }: Row, served: string): void {
  const expected = served === 'flex' ? standard / 2 : standard;
  expect(Math.abs(cost - expected)).toBeLessThanOrEqual(1);
}

/** It is tried again whatever the client said of waiting: nobody was turned away for want of room. It stays in its tier. */
function judgeBroken(mode: Mode, told: Told, row: Row, tier: string): void {
  expect(row.served_tier).toBe(tier);
  if (mode.times === undefined) {
    expect({ status: told.status, word: told.problem?.word }).toEqual(OPENAI.problems['upstream-failed']);
    expect(told.received).toHaveLength(RUNS_MAX);
    expect(row.outcome).toBe('failed');
    return;
  }
  expect(told.heard?.text).toBe(ANSWER);
  expect(told.received).toHaveLength(mode.times + 1);
  expect(row.outcome).toBe('completed');
}

function expectProblem(told: Told, meaning: Exclude<Meaning, 'busy' | 'provider'>, sentence: string): void {
  const { status, problem } = told;
  expect(told.heard).toBeNull();
  switch (meaning) {
    case 'credentials':
    case 'exhausted':
      expect({ status, word: problem!.word }).toEqual(OPENAI.problems[`upstream-${meaning}`]);
      return;
    case 'nothing':
      expect({ status, word: problem!.word }).toEqual(OPENAI.problems['upstream-failed']);
      return;
    case 'request':
      expect([400, 413, 422]).toContain(status);
      expect(problem!.message).toBe(sentence);
  }
}

function sentenceOf(body: Json): string {
  return ((body['error'] ?? body) as { message?: string }).message ?? '';
}

function expectNothingOwed({ problem, received }: Told, row: Row): void {
  expect(row).toMatchObject({ cost_nano_usd: 0, standard_cost_nano_usd: 0, output_tokens: 0 });
  // What the provider is shown is nobody's business.
  for (const { headers } of received) {
    for (const key of [headers.authorization, headers['x-api-key'], headers['x-goog-api-key']].flat()) {
      if (key !== undefined) expect(problem!.message).not.toContain(key.replace(/^Bearer /, ''));
    }
  }
  expect(problem!.message).not.toContain('127.0.0.1');
}
