import type { IncomingHttpHeaders } from 'node:http';
import type { Tier } from '@offpeak/core';
import type { Problem } from '@offpeak/dialects';
import { parseDuration } from '../config/duration.ts';
import type { OnUnavailable } from '../config/config.ts';

/** What a request says beyond its tier, in headers that work on every mount. */
export interface Terms {
  readonly maxWaitMs?: number;
  readonly onUnavailable?: OnUnavailable;
  /** When the answer must be complete, counted from now. */
  readonly deadlineMs?: number;
  readonly session?: string;
  /** The tier in Offpeak's own word. It wins over the body's, and is the only way where the wire has no word for flex. */
  readonly tier?: Tier | 'auto';
}

export const NO_TERMS: Terms = {};

/** A name for a chain of requests, not a place for data. */
const SESSION_CHARS_MAX = 256;
/** RFC 3339, as `Date.parse` takes it; it takes much else, too. */
const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** Reads them, or names the header that makes no sense. `wallMs` is the time of day, for deadlines given as one. */
export function readTerms(headers: IncomingHttpHeaders, wallMs: number): Terms | Problem {
  const maxWait = headers['offpeak-max-wait'];
  const onUnavailable = headers['offpeak-on-unavailable'];
  const deadline = headers['offpeak-deadline'];
  const session = headers['offpeak-session'];
  const tier = headers['offpeak-tier'];
  if ((maxWait ?? onUnavailable ?? deadline ?? session ?? tier) === undefined) return NO_TERMS;
  const terms: { -readonly [name in keyof Terms]: Terms[name] } = {};
  if (maxWait !== undefined) {
    const ms = parseDuration(String(maxWait));
    if (ms === null) return bad('offpeak-max-wait', maxWait, 'a duration such as 500ms, 30s, 10m or 0');
    terms.maxWaitMs = ms;
  }
  if (onUnavailable !== undefined) {
    if (onUnavailable !== 'refuse' && onUnavailable !== 'standard') {
      return bad('offpeak-on-unavailable', onUnavailable, 'refuse or standard');
    }
    terms.onUnavailable = onUnavailable;
  }
  if (deadline !== undefined) {
    const ms = deadlineOf(String(deadline), wallMs);
    if (ms === null) {
      return bad('offpeak-deadline', deadline, 'a duration such as 20m or a time to come such as 2027-01-31T18:00:00Z');
    }
    terms.deadlineMs = ms;
  }
  if (session !== undefined) {
    if (session.length === 0 || session.length > SESSION_CHARS_MAX) {
      return bad('offpeak-session', session, `1 to ${SESSION_CHARS_MAX} characters`);
    }
    terms.session = String(session);
  }
  if (tier !== undefined) {
    if (!isTierWord(tier)) return bad('offpeak-tier', tier, 'priority, standard, flex or auto');
    terms.tier = tier;
  }
  return terms;
}

function isTierWord(word: string | string[]): word is Exclude<Tier, 'batch'> | 'auto' {
  return word === 'priority' || word === 'standard' || word === 'flex' || word === 'auto';
}

function deadlineOf(text: string, wallMs: number): number | null {
  const duration = parseDuration(text);
  if (duration !== null) return duration > 0 ? duration : null;
  if (!TIMESTAMP.test(text)) return null;
  const ms = Date.parse(text) - wallMs;
  return ms > 0 ? ms : null;
}

function bad(header: string, value: string | string[], allowed: string): Problem {
  return { kind: 'invalid-header', header, value: String(value).slice(0, SESSION_CHARS_MAX), allowed };
}
