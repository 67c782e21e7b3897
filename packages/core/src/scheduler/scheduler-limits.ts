/** Every bound of the scheduler, by name. */
export interface SchedulerLimits {
  readonly queueTicketsMax: number;
  /** Memory of the bodies that wait. */
  readonly queueBytesMax: number;
  /** After so many evictions a ticket is immune. */
  readonly evictionsPerTicketMax: number;
  /** Evict decisions returned by one `handle`. */
  readonly evictionsPerDecisionMax: number;
  /** Evictions under way on one engine; the next one waits for an effect. */
  readonly evictionsPerEngineMax: number;
  /** An eviction that takes longer is not waited for: its slot stays taken, and other engines are used. */
  readonly evictionConfirmMsMax: number;
  /** A ticket that was lost more often than this fails. */
  readonly lostRunsMax: number;
  /** A ticket that was bounced more often than this leaves its rung. */
  readonly bouncesMax: number;
  /** A run that tells nothing before its end is taken to read its prompt for so long where no better is known. */
  readonly silentPromptMs: number;
  /** No starts on an engine for so long after it bounced a request. */
  readonly bouncePauseMs: number;
  /** No starts on an engine for so long after it lost a request. */
  readonly lostPauseMs: number;
  /** However long an engine is said to be left alone. */
  readonly pauseMsMax: number;
  /** Starts of tickets that were bounced before, on a lane: this share of its successes, of which so many are saved up; and a few a minute. */
  readonly retryShareOfSuccesses: number;
  readonly retriesSavedMax: number;
  readonly retriesPerMinuteMin: number;
  /** An evicted ticket waits so long for the engine whose cache has what it read; then any may take it. */
  readonly tieMsMax: number;
  /** Batch goes before flex once it can wait no longer than this, or than this share of the time between submit and deadline. */
  readonly urgentMsMax: number;
  readonly urgentShareMax: number;
  /** So many flex tickets may start on an engine between two batch tickets, while batch waits for it. */
  readonly flexBetweenBatchMax: number;
  /** What an evicted or lost ticket may wait for its next run, when its rung's patience is shorter. */
  readonly resumePatienceMsMin: number;
  readonly retryAfterMsMin: number;
  readonly retryAfterMsMax: number;
  /** The hint where too little was seen to compute one. */
  readonly retryAfterMsDefault: number;
  /** Fewer slot releases than this predict nothing. */
  readonly drainSamplesMin: number;
  /** Fewer finished runs than this predict nothing. */
  readonly runSamplesMin: number;
  /** How far, in token cost, a project that comes back may be behind the others of its tier for what it used before. */
  readonly fairnessDebtMax: number;
  /** Projects without tickets whose counters are remembered, per pool and tier. */
  readonly idleProjectsMax: number;
}

export const DEFAULT_SCHEDULER_LIMITS: SchedulerLimits = {
  queueTicketsMax: 1_000_000,
  queueBytesMax: 2 * 1024 ** 3,
  evictionsPerTicketMax: 3,
  evictionsPerDecisionMax: 2,
  evictionsPerEngineMax: 2,
  evictionConfirmMsMax: 10_000,
  lostRunsMax: 2,
  bouncesMax: 20,
  silentPromptMs: 250,
  bouncePauseMs: 1_000,
  lostPauseMs: 250,
  pauseMsMax: 15 * 60_000,
  retryShareOfSuccesses: 0.2,
  retriesSavedMax: 100,
  retriesPerMinuteMin: 30,
  tieMsMax: 5_000,
  urgentMsMax: 30 * 60_000,
  urgentShareMax: 0.25,
  flexBetweenBatchMax: 19,
  resumePatienceMsMin: 60_000,
  retryAfterMsMin: 500,
  retryAfterMsMax: 300_000,
  retryAfterMsDefault: 2_000,
  drainSamplesMin: 16,
  runSamplesMin: 8,
  fairnessDebtMax: 1_000_000,
  idleProjectsMax: 10_000,
};
