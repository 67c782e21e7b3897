import type { Usage } from '@offpeak/dialects';
import type { Logger } from 'pino';
import type { Config } from './config/config.ts';
import type { Receipt } from './http/receipt.ts';
import type { Outcome } from './ledger/row.ts';
import { LedgerWriter } from './ledger/writer.ts';
import type { Bill, PriceList } from './prices.ts';
import type { Store } from './store/store.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { RowRecorder } from './telemetry/record.ts';

/** Where every request ends: one bill, one ledger row, and the metrics counted from that very row. */
export class Accounts {
  readonly ledger: LedgerWriter;
  #prices: PriceList;
  /** One log line per request. */
  #logRequests: boolean;
  readonly #recorder: RowRecorder;
  readonly #logger: Logger;
  readonly #isKnownModel: (model: string) => boolean;

  constructor(
    config: Config,
    prices: PriceList,
    store: Store,
    metrics: Metrics,
    logger: Logger,
    isKnownModel: (model: string) => boolean,
  ) {
    this.#prices = prices;
    this.#logRequests = config.logs.requests;
    this.#logger = logger;
    this.#isKnownModel = isKnownModel;
    this.#recorder = new RowRecorder(metrics, config.slo);
    this.ledger = new LedgerWriter(store, {
      flushed: (rows) => {
        metrics.ledgerWritten.labels({}).inc(rows);
      },
      duplicate: (id) => {
        metrics.ledgerDuplicates.labels({}).inc();
        logger.error({ id }, 'two ledger rows for one request; the first stays');
      },
      invalid: (id, reason) => {
        metrics.ledgerLost.labels({}).inc();
        logger.error({ id, reason }, 'a ledger row breaks the rules of the ledger');
      },
      failed: (error, failuresInARow, rowsWaiting) => {
        metrics.ledgerFailures.labels({}).inc();
        logger.warn({ err: error, failuresInARow, rowsWaiting }, 'the ledger could not be written; it is tried again');
      },
      lost: (rows) => {
        metrics.ledgerLost.labels({}).inc(rows);
        logger.error({ rows }, 'ledger rows are lost: the store failed for too long');
      },
    });
  }

  use(config: Config, prices: PriceList): void {
    this.#prices = prices;
    this.#logRequests = config.logs.requests;
    this.#recorder.slo = config.slo;
  }

  bill(receipt: Receipt, usage: Usage): Bill {
    const { identity, target, provider, model, upstreamModel, servedTier } = receipt;
    const { preset } = target.mount;
    const charge = { project: identity.project, preset, provider, model, upstreamModel, tier: servedTier };
    return this.#prices.bill(charge, usage);
  }

  book(receipt: Receipt, outcome: Outcome, status: number, usage: Usage, bill: Bill): void {
    const row = receipt.row(outcome, status, usage, bill, performance.now());
    this.ledger.append(row);
    // A model that is in the configuration or on an engine; others would be labels made up by clients.
    this.#recorder.record(row, this.#isKnownModel(row.model) ? row.model : 'other');
    if (this.#logRequests) this.#logger.info(row, 'request');
  }
}
