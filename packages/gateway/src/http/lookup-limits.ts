import { LimitBook, type LimitDenial } from '@offpeak/core';
import type { Problem } from '@offpeak/dialects';
import type { Receipt } from './receipt.ts';
import type { Services } from './services.ts';

/** All of a project's count together, whichever model they are of. */
const ANY_MODEL = '';

/**
 * Token counts and reads of stored answers: free, in no ledger row, and so bounded by nothing else. Providers count them apart from answers,
 * which a client that counts before it asks relies on.
 */
export class LookupLimits {
  readonly #book: LimitBook;

  constructor(perMinuteOf: (project: string) => number) {
    this.#book = new LimitBook({
      limitsFor: (project) => ({ bucket: 'standard', limits: { requestsPerMinute: perMinuteOf(project) } }),
    });
  }

  /** Null: it may, and was counted. */
  enter(project: string, at: number): LimitDenial | null {
    const verdict = this.#book.enter(project, ANY_MODEL, 'standard', 0, at);
    return verdict.ok ? null : verdict.denial;
  }
}

/** Why there can be no look-up now. */
export function lookupProblem({ lookups, desk }: Services, { identity, model }: Receipt): Problem | null {
  const { project } = identity;
  const denial = lookups.enter(project, desk.now());
  if (denial === null) return null;
  return { kind: 'limited', model, project, denial, what: 'token counts and reads of stored answers' };
}
