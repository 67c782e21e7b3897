import { IndexedHeap } from '../structures/indexed-heap.ts';
import type { Tier } from '../tiers/tier.ts';
import { adjust, take, used, waitMs, type Rate } from './gcra.ts';
import type { LimitGrant } from './grant.ts';
import type { Gate, LimitDenial, LimitKind, LimitReport, LimitSpec, LimitState, LimitVerdict } from './verdict.ts';

export interface LimitBookOptions {
  /** Asked on every use, so that changed settings hold at once; null: not limited. */
  readonly limitsFor: (project: string, model: string, tier: Tier) => LimitGrant | null;
  /** Buckets kept, over all projects, models and tiers. Beyond that the one nearest to full is forgotten. */
  readonly entriesMax?: number;
}

const ENTRIES_MAX_DEFAULT = 100_000;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const KINDS: readonly {
  readonly kind: LimitKind;
  readonly periodMs: number;
  readonly counts: 'requests' | 'tokens';
}[] = [
  { kind: 'requestsPerMinute', periodMs: MINUTE_MS, counts: 'requests' },
  { kind: 'requestsPerDay', periodMs: DAY_MS, counts: 'requests' },
  { kind: 'tokensPerMinute', periodMs: MINUTE_MS, counts: 'tokens' },
  { kind: 'tokensPerDay', periodMs: DAY_MS, counts: 'tokens' },
];

/** The buckets of one project, model and tier: one number each, in the order of KINDS. */
interface BookEntry {
  readonly key: string;
  readonly tats: number[];
  /** When all of them are full and the entry says no more than its absence would. */
  fullAt: number;
  slot: number;
}

/** Requests and tokens per minute and day. A request takes from all of its buckets or from none. */
export class LimitBook implements Gate {
  readonly #limitsFor: LimitBookOptions['limitsFor'];
  readonly #entriesMax: number;
  readonly #entries = new Map<string, BookEntry>();
  readonly #byFullness = new IndexedHeap<'slot', BookEntry>('slot', (a, b) => a.fullAt < b.fullAt);

  constructor(options: LimitBookOptions) {
    this.#limitsFor = options.limitsFor;
    this.#entriesMax = options.entriesMax ?? ENTRIES_MAX_DEFAULT;
  }

  get size(): number {
    return this.#entries.size;
  }

  enter(project: string, model: string, tier: Tier, tokens: number, at: number): LimitVerdict {
    const grant = this.#limitsFor(project, model, tier);
    if (grant === null) {
      return { ok: true };
    }
    const key = keyOf(project, model, grant);
    const tats = this.#entries.get(key)?.tats;
    const denial = worstDenial(grant.limits, tier, tats, tokens, at);
    if (denial !== null) {
      return { ok: false, denial };
    }
    this.#change(key, at, grant.limits, (rate, tat, counts) => take(rate, tat, counts === 'tokens' ? tokens : 1, at));
    return { ok: true };
  }

  settle(project: string, model: string, tier: Tier, reserved: number, usedTokens: number, at: number): void {
    const grant = this.#limitsFor(project, model, tier);
    if (grant !== null && usedTokens !== reserved) {
      const correction = usedTokens - reserved;
      this.#change(keyOf(project, model, grant), at, grant.limits, (rate, tat, counts) =>
        counts === 'tokens' ? adjust(rate, tat, correction, at) : tat,
      );
    }
  }

  release(project: string, model: string, tier: Tier, reserved: number, at: number): void {
    const grant = this.#limitsFor(project, model, tier);
    if (grant !== null) {
      this.#change(keyOf(project, model, grant), at, grant.limits, (rate, tat, counts) =>
        adjust(rate, tat, counts === 'tokens' ? -reserved : -1, at),
      );
    }
  }

  /** The state of each limit, as rate-limit headers tell it. */
  report(project: string, model: string, tier: Tier, at: number): LimitReport {
    const grant = this.#limitsFor(project, model, tier);
    const report: { [kind in LimitKind]?: LimitState } = {};
    if (grant === null) {
      return report;
    }
    const tats = this.#entries.get(keyOf(project, model, grant))?.tats;
    for (const [index, { kind, periodMs }] of KINDS.entries()) {
      const limit = grant.limits[kind];
      if (limit !== undefined) {
        const tat = tats?.[index] ?? at;
        const remaining = Math.max(0, Math.floor(limit - used({ limit, periodMs }, tat, at)));
        report[kind] = { limit, remaining, resetMs: Math.max(0, Math.ceil(tat - at)) };
      }
    }
    return report;
  }

  #change(
    key: string,
    at: number,
    limits: LimitSpec,
    next: (rate: Rate, tat: number, counts: 'requests' | 'tokens') => number,
  ): void {
    const entry = this.#entries.get(key) ?? this.#open(key, at);
    for (const [index, { kind, periodMs, counts }] of KINDS.entries()) {
      const limit = limits[kind];
      if (limit !== undefined) {
        entry.tats[index] = next({ limit, periodMs }, entry.tats[index]!, counts);
      }
    }
    entry.fullAt = Math.max(...entry.tats);
    this.#byFullness.place(entry);
  }

  #open(key: string, at: number): BookEntry {
    if (this.#entries.size >= this.#entriesMax) {
      this.#entries.delete(this.#byFullness.pop()!.key);
    }
    const entry: BookEntry = { key, tats: KINDS.map(() => at), fullAt: at, slot: -1 };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** Only the model, which stands last, may hold a line feed: tiers do not, and project names are checked where they are made. */
function keyOf(project: string, model: string, grant: LimitGrant): string {
  return `${grant.bucket}\n${project}\n${model}`;
}

/** Of the limits that say no, the one that says it for longest. */
function worstDenial(
  limits: LimitSpec,
  tier: Tier,
  tats: readonly number[] | undefined,
  tokens: number,
  at: number,
): LimitDenial | null {
  let worst: LimitDenial | null = null;
  for (const [index, { kind, periodMs, counts }] of KINDS.entries()) {
    const limit = limits[kind];
    if (limit === undefined) {
      continue;
    }
    const rate = { limit, periodMs };
    const tat = tats?.[index] ?? at;
    const requested = counts === 'tokens' ? tokens : 1;
    const wait = waitMs(rate, tat, requested, at);
    if (wait > 0 && (worst === null || wait > worst.retryAfterMs)) {
      const never = wait === Infinity;
      worst = {
        kind,
        tier,
        limit,
        used: Math.min(limit, Math.ceil(used(rate, tat, at))),
        requested,
        retryAfterMs: never ? Infinity : Math.ceil(wait),
        never,
      };
    }
  }
  // A wait of no end is not a number that a header can say.
  return worst?.never === true ? { ...worst, retryAfterMs: DAY_MS } : worst;
}
