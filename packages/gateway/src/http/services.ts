import type { OutgoingHttpHeaders } from 'node:http';
import type { Usage } from '@offpeak/dialects';
import type { Config } from '../config/config.ts';
import type { Desk } from '../desk.ts';
import type { KeyRing } from '../keys/ring.ts';
import type { Outcome } from '../ledger/row.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import type { Plans } from '../plans.ts';
import type { Bill } from '../prices.ts';
import type { Store } from '../store/store.ts';
import type { Fleet } from '../upstreams/fleet.ts';
import type { BodyMemory } from './body-memory.ts';
import type { LongTimers } from './long-timers.ts';
import type { LookupLimits } from './lookup-limits.ts';
import type { Receipt } from './receipt.ts';
import type { Sessions } from './sessions.ts';

/** What the HTTP side uses of the rest. Built once by the composition root; the configuration in it changes on reload. */
export interface Services {
  readonly config: Config;
  readonly desk: Desk;
  readonly fleet: Fleet;
  readonly plans: Plans;
  readonly sessions: Sessions;
  readonly lookups: LookupLimits;
  readonly bodies: BodyMemory;
  readonly timers: LongTimers;
  readonly ledger: LedgerWriter;
  readonly store: Pick<Store, 'putResponse' | 'getResponse' | 'strangeItems' | 'deleteResponse'>;
  /** Null while the gateway is open to whoever reaches it. */
  readonly keys: KeyRing | null;
  readonly draining: boolean;
  nextRequestId(): string;
  authRefused(): void;
  /** Something was thrown that should not have been. */
  reportFault(error: unknown, requestId: string): void;
  upstreamFailed(upstream: string, kind: string): void;
  /** What the tokens cost at the tier that the receipt says. */
  bill(receipt: Receipt, usage: Usage): Bill;
  /** Writes the request's one ledger row and counts it. */
  book(receipt: Receipt, outcome: Outcome, status: number, usage: Usage, bill: Bill): void;
  /** The headers that every answer carries; `settled` once the tier can change no more. */
  answerHeaders(receipt: Receipt, settled: boolean): OutgoingHttpHeaders;
  /** Why traffic should not come here now; empty when it should. */
  unready(): readonly string[];
  exposeMetrics(): string;
}
