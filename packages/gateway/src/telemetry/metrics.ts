import { Registry, type Counter, type Gauge, type Histogram } from './registry.ts';

const NANO = 1e-9;

/** From one decode step of a fast engine to the longest patience. */
const WAIT_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900, 3600];
const TTFT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 900];
const TPOT_BUCKETS = [0.002, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 5];

/** Every metric of the gateway, under the names of docs/metrics.md. */
export interface Metrics {
  readonly registry: Registry;
  readonly requests: Counter<'model' | 'requested' | 'served' | 'outcome'>;
  readonly queueDepth: Gauge<'model' | 'tier'>;
  readonly wait: Histogram<'tier'>;
  readonly ttft: Histogram<'tier'>;
  readonly tpot: Histogram<'tier'>;
  readonly tokens: Counter<'model' | 'tier' | 'kind'>;
  readonly evictions: Counter<never>;
  readonly wastedTokens: Counter<never>;
  readonly engineSlots: Gauge<'upstream' | 'state'>;
  readonly harvestRatio: Gauge<'upstream'>;
  readonly stepPredicted: Gauge<'upstream'>;
  readonly stepError: Gauge<'upstream'>;
  readonly modelTrusted: Gauge<'upstream'>;
  /** Cells count nanodollars; the exposition says dollars. */
  readonly costUsd: Counter<'tier'>;
  readonly incompleteCosts: Counter<'tier'>;
  readonly savedUsd: Counter<never>;
  readonly slo: Counter<'tier' | 'result'>;
  readonly upstreamUp: Gauge<'upstream'>;
  readonly upstreamErrors: Counter<'upstream' | 'kind'>;
  readonly connections: Gauge<never>;
  readonly authRefused: Counter<never>;
  readonly ledgerWaiting: Gauge<never>;
  readonly ledgerWritten: Counter<never>;
  readonly ledgerFailures: Counter<never>;
  readonly ledgerDuplicates: Counter<never>;
  readonly ledgerLost: Counter<never>;
  readonly configReloads: Counter<'result'>;
}

export function createMetrics(registry: Registry = new Registry()): Metrics {
  return {
    registry,
    requests: registry.counter({
      name: 'offpeak_requests_total',
      help: 'Requests that are over, by model, tier asked for, tier served, and outcome.',
      labels: ['model', 'requested', 'served', 'outcome'],
    }),
    queueDepth: registry.gauge({
      name: 'offpeak_queue_depth',
      help: 'Tickets that wait for an engine.',
      labels: ['model', 'tier'],
    }),
    wait: registry.histogram({
      name: 'offpeak_wait_seconds',
      help: 'Time in queues of requests that ran.',
      labels: ['tier'],
      buckets: WAIT_BUCKETS,
    }),
    ttft: registry.histogram({
      name: 'offpeak_ttft_seconds',
      help: 'From a request to its first token, waiting included.',
      labels: ['tier'],
      buckets: TTFT_BUCKETS,
    }),
    tpot: registry.histogram({
      name: 'offpeak_tpot_seconds',
      help: 'Mean time per output token after the first, one value per request, evictions included.',
      labels: ['tier'],
      buckets: TPOT_BUCKETS,
    }),
    tokens: registry.counter({
      name: 'offpeak_tokens_total',
      help: 'Tokens of answers: input (cached included), cached_input, cache_write, output (reasoning included), reasoning.',
      labels: ['model', 'tier', 'kind'],
    }),
    evictions: registry.counter({
      name: 'offpeak_evictions_total',
      help: 'Times that a flex or batch request gave up its slot.',
      labels: [],
    }),
    wastedTokens: registry.counter({
      name: 'offpeak_wasted_tokens_total',
      help: 'Output tokens that were generated and thrown away.',
      labels: [],
    }),
    engineSlots: registry.gauge({
      name: 'offpeak_engine_slots',
      help: 'Slots of an engine: used, free.',
      labels: ['upstream', 'state'],
    }),
    harvestRatio: registry.gauge({
      name: 'offpeak_harvest_ratio',
      help: 'Share of what interactive requests left of an engine, over the last minute, that flex and batch used.',
      labels: ['upstream'],
    }),
    stepPredicted: registry.gauge({
      name: 'offpeak_step_predicted_seconds',
      help: 'What the model of an engine predicts for a decode step of the streams that run there now.',
      labels: ['upstream'],
    }),
    stepError: registry.gauge({
      name: 'offpeak_step_error_ratio',
      help: 'Mean error of predicted step times, as a share of the actual ones; 1 while nothing is known.',
      labels: ['upstream'],
    }),
    modelTrusted: registry.gauge({
      name: 'offpeak_model_trusted',
      help: '1 while flex is admitted by what the model of an engine predicts, 0 while it is admitted by counting.',
      labels: ['upstream'],
    }),
    costUsd: registry.counter({
      name: 'offpeak_cost_usd_total',
      help: 'What requests cost, in dollars.',
      labels: ['tier'],
      scale: NANO,
    }),
    incompleteCosts: registry.counter({
      name: 'offpeak_incomplete_costs_total',
      help: 'Requests for which a provider may have charged more than they are counted with here.',
      labels: ['tier'],
    }),
    savedUsd: registry.counter({
      name: 'offpeak_saved_usd_total',
      help: 'What requests cost less than as standard, in dollars. Priority surcharges do not count against it.',
      labels: [],
      scale: NANO,
    }),
    slo: registry.counter({
      name: 'offpeak_slo_total',
      help: 'Interactive requests that met or missed the ttft and tpot of the configuration.',
      labels: ['tier', 'result'],
    }),
    upstreamUp: registry.gauge({
      name: 'offpeak_upstream_up',
      help: '1 while an upstream takes new requests.',
      labels: ['upstream'],
    }),
    upstreamErrors: registry.counter({
      name: 'offpeak_upstream_errors_total',
      help: 'Runs that an upstream failed, by kind.',
      labels: ['upstream', 'kind'],
    }),
    connections: registry.gauge({
      name: 'offpeak_connections',
      help: 'Open client connections.',
      labels: [],
    }),
    authRefused: registry.counter({
      name: 'offpeak_auth_refused_total',
      help: 'Requests without a key that is valid. They have no project and no ledger row.',
      labels: [],
    }),
    ledgerWaiting: registry.gauge({
      name: 'offpeak_ledger_rows_waiting',
      help: 'Ledger rows in memory that the store does not have yet.',
      labels: [],
    }),
    ledgerWritten: registry.counter({
      name: 'offpeak_ledger_rows_written_total',
      help: 'Ledger rows that the store has taken.',
      labels: [],
    }),
    ledgerFailures: registry.counter({
      name: 'offpeak_ledger_write_failures_total',
      help: 'Ledger writes that failed and were tried again.',
      labels: [],
    }),
    ledgerDuplicates: registry.counter({
      name: 'offpeak_ledger_duplicates_total',
      help: 'Rows whose request id was in the ledger already. Never, unless Offpeak is broken.',
      labels: [],
    }),
    ledgerLost: registry.counter({
      name: 'offpeak_ledger_rows_lost_total',
      help: 'Rows that could not be kept because the store failed for too long, or that it can never take.',
      labels: [],
    }),
    configReloads: registry.counter({
      name: 'offpeak_config_reloads_total',
      help: 'New config files: applied, refused.',
      labels: ['result'],
    }),
  };
}
