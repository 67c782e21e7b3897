import { expect } from 'vitest';
import type { Row } from '../../e2e/books.ts';
import type { Fault } from '../../providers/fault.ts';
import { OPENAI } from '../mounts/openai.ts';
import type { Running, Upstream } from '../upstreams/upstream.ts';
import { ANSWER, type Told } from './asked.ts';

/** A provider that does not refuse and does not answer well either. */
export interface Breakage {
  readonly title: string;
  fault(upstream: Upstream): Fault;
  /** All words are there by then. */
  readonly atEnd?: true;
  /** Nothing comes, and somebody has to lose patience. */
  readonly silent?: true;
}

export const BREAKAGES: readonly Breakage[] = [
  { title: 'is slow to begin', fault: () => ({ kind: 'slow', ms: 50 }) },
  { title: 'pauses between words', fault: () => ({ kind: 'pace', ms: 10 }) },
  { title: 'sends byte by byte', fault: () => ({ kind: 'trickle' }) },
  { title: 'names another content type', fault: () => ({ kind: 'content-type', type: 'text/plain' }) },
  { title: 'hangs up before it answers', fault: () => ({ kind: 'reset' }) },
  { title: 'shows a page of its proxy', fault: () => ({ kind: 'html', status: 502 }) },
  { title: 'answers nothing, with 200', fault: () => ({ kind: 'empty' }) },
  { title: 'begins with bytes of no wire', fault: () => ({ kind: 'garbage', afterEvents: 0 }) },
  { title: 'begins with JSON that is cut', fault: () => ({ kind: 'malformed-json', afterEvents: 0 }) },
  {
    title: 'fails before its first word',
    fault: ({ refusals }) => ({ kind: 'error-event', afterEvents: 0, refusal: refusals.full }),
  },
  { title: 'hangs up after some words', fault: ({ eventsToText }) => ({ kind: 'die', afterEvents: eventsToText }) },
  { title: 'ends after some words', fault: ({ eventsToText }) => ({ kind: 'truncate', afterEvents: eventsToText }) },
  {
    title: 'sends cut JSON after some words',
    fault: ({ eventsToText }) => ({ kind: 'malformed-json', afterEvents: eventsToText }),
  },
  {
    title: 'fails after some words',
    fault: ({ eventsToText, refusals }) => ({ kind: 'error-event', afterEvents: eventsToText, refusal: refusals.full }),
  },
  { title: 'leaves out its end mark', atEnd: true, fault: () => ({ kind: 'truncate' }) },
  { title: 'never answers', silent: true, fault: () => ({ kind: 'hang' }) },
  {
    title: 'falls silent after some words',
    silent: true,
    fault: ({ eventsToText }) => ({ kind: 'stall', afterEvents: eventsToText }),
  },
];

export interface BreakageCase {
  readonly upstream: Upstream;
  readonly breakage: Breakage;
  readonly stream: boolean;
  readonly always: boolean;
}

export const FORMS: readonly { readonly stream: boolean; readonly always: boolean; readonly title: string }[] = [
  { stream: false, always: false, title: 'in one piece, once' },
  { stream: false, always: true, title: 'in one piece, always' },
  { stream: true, always: false, title: 'streamed, once' },
  { stream: true, always: true, title: 'streamed, always' },
];

export function armBreakage({ upstream, breakage, always }: BreakageCase, { fake }: Running): void {
  const fault = breakage.fault(upstream);
  if (always) fake.always(fault);
  else fake.next(fault);
}

/** Of one request. */
const RUNS_MAX = 3;

/** What holds whatever breaks: nothing is spliced, retried after a first word, billed for nothing, or moved to another tier. */
export function judgeBreakage(
  { upstream, breakage, stream }: BreakageCase,
  running: Running,
  told: Told,
  row: Row,
): void {
  const tier = upstream.askWords.flex === undefined ? 'standard' : 'flex';
  expect(running.fake.violations).toEqual([]);
  expect(row).toMatchObject({ requested_tier: tier, served_tier: tier });
  expect(told.received.length).toBeLessThanOrEqual(RUNS_MAX);
  if (told.unreadable) {
    // Its own wire's clients get a provider's stream as it comes, whatever it is.
    expect(stream && upstream.wire === OPENAI.name).toBe(true);
    return;
  }
  if (told.problem === null) {
    expect(told.heard!.text).toBe(ANSWER);
    expect(told.heard!.tiers).toEqual([OPENAI.tierWords[tier]]);
    expect(row).toMatchObject({ outcome: 'completed', output_tokens: told.heard!.usage!.output });
    return;
  }
  expect(row.cost_nano_usd).toBe(0);
  expect(told.problem.message).not.toContain('127.0.0.1');
  if (told.heard === null) return;
  // A stream that had begun: what came of it is the beginning of the answer, and nobody was asked for it twice.
  expect(ANSWER.startsWith(told.heard.text)).toBe(true);
  if (breakage.atEnd !== true) expect(told.heard.text).not.toBe(ANSWER);
  expect(told.received).toHaveLength(1);
  expect(row).toMatchObject({ outcome: 'failed', status: 200 });
}
