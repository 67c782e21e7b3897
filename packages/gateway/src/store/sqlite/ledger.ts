import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { LedgerRow } from '../../ledger/row.ts';
import type { UsageDimension, UsageQuery, UsageRow } from '../../ledger/usage.ts';
import type { AppendResult } from '../store.ts';
import { inTransaction } from './transaction.ts';

/** Column by column, how a row is stored. The insert statement and its values both follow from this one list. */
const COLUMNS: readonly (readonly [name: string, value: (row: LedgerRow) => SQLInputValue])[] = [
  ['id', (row) => row.id],
  ['at', (row) => Math.round(row.at)],
  ['project', (row) => row.project],
  ['key_id', (row) => row.keyId ?? null],
  ['dialect', (row) => row.dialect],
  ['operation', (row) => row.operation],
  ['model', (row) => row.model],
  ['upstream', (row) => row.upstream ?? null],
  ['upstream_model', (row) => row.upstreamModel ?? null],
  ['requested_tier', (row) => row.requestedTier],
  ['served_tier', (row) => row.servedTier],
  ['why', (row) => row.why],
  ['tier_verified', (row) => (row.tierVerified ? 1 : 0)],
  ['outcome', (row) => row.outcome],
  ['status', (row) => row.status],
  ['stream', (row) => (row.stream ? 1 : 0)],
  ['input_tokens', (row) => row.inputTokens],
  ['cached_input_tokens', (row) => row.cachedInputTokens],
  ['output_tokens', (row) => row.outputTokens],
  ['reasoning_tokens', (row) => row.reasoningTokens],
  ['cache_write_tokens', (row) => row.cacheWriteTokens],
  ['wasted_tokens', (row) => row.wastedTokens],
  // Durations come from a clock with fractions.
  ['wait_ms', (row) => Math.round(row.waitMs)],
  ['ttft_ms', (row) => (row.ttftMs === undefined ? null : Math.round(row.ttftMs))],
  ['duration_ms', (row) => Math.round(row.durationMs)],
  ['evictions', (row) => row.evictions],
  ['cost_nano_usd', (row) => row.costNanoUsd],
  ['cost_complete', (row) => (row.costComplete ? 1 : 0)],
  ['standard_cost_nano_usd', (row) => row.standardCostNanoUsd],
];

const DIMENSION_SQL: Record<UsageDimension, string> = {
  tier: 'served_tier',
  model: 'model',
  day: "strftime('%Y-%m-%d', at / 1000, 'unixepoch')",
  project: 'project',
};

const SUMS_SQL = `
  count(*) AS requests,
  sum(outcome = 'refused') AS refused,
  sum(outcome = 'failed') AS failed,
  sum(outcome = 'cancelled') AS cancelled,
  sum(input_tokens) AS inputTokens,
  sum(cached_input_tokens) AS cachedInputTokens,
  sum(cache_write_tokens) AS cacheWriteTokens,
  sum(output_tokens) AS outputTokens,
  sum(reasoning_tokens) AS reasoningTokens,
  sum(wasted_tokens) AS wastedTokens,
  sum(evictions) AS evictions,
  sum(cost_nano_usd) AS costNanoUsd,
  sum(cost_complete = 0) AS incompleteCosts,
  sum(standard_cost_nano_usd) AS standardCostNanoUsd,
  sum(standard_cost_nano_usd) - sum(cost_nano_usd) AS savedNanoUsd`;

/** SQLite's primary code for a broken constraint; the extended code's low byte. */
const SQLITE_CONSTRAINT = 19;

export class LedgerTable {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    const names = COLUMNS.map(([name]) => name).join(', ');
    const marks = COLUMNS.map(() => '?').join(', ');
    this.#insert = db.prepare(`INSERT INTO ledger (${names}) VALUES (${marks}) ON CONFLICT (id) DO NOTHING`);
    this.#trim = db.prepare(
      'DELETE FROM ledger WHERE rowid IN (SELECT rowid FROM ledger WHERE at < ? ORDER BY at LIMIT ?)',
    );
  }

  append(rows: readonly LedgerRow[]): AppendResult {
    return inTransaction(this.#db, () => {
      const duplicates: string[] = [];
      const invalid: { id: string; reason: string }[] = [];
      for (const row of rows) {
        try {
          const { changes } = this.#insert.run(...COLUMNS.map(([, value]) => value(row)));
          if (Number(changes) === 0) duplicates.push(row.id);
        } catch (error) {
          const reason = rowsOwnFault(error);
          if (reason === undefined) throw error;
          invalid.push({ id: row.id, reason });
        }
      }
      return { written: rows.length - duplicates.length - invalid.length, duplicates, invalid };
    });
  }

  trim(before: number, rowsMax: number): number {
    return Number(this.#trim.run(before, rowsMax).changes);
  }

  usage(query: UsageQuery): UsageRow[] {
    const by = [...new Set(query.by)];
    const filters = [
      ['at >= ?', query.from],
      ['at < ?', query.to],
      ['project = ?', query.project],
    ] as const;
    const used = filters.filter(([, value]) => value !== undefined);
    const statement = this.#db.prepare(
      [
        `SELECT ${[...by.map((dimension) => `${DIMENSION_SQL[dimension]} AS ${dimension}`), SUMS_SQL].join(', ')} FROM ledger`,
        used.length > 0 ? `WHERE ${used.map(([sql]) => sql).join(' AND ')}` : '',
        // Without a dimension, an empty ledger would otherwise give one row of nulls.
        by.length > 0 ? `GROUP BY ${by.join(', ')} ORDER BY ${by.join(', ')}` : 'HAVING count(*) > 0',
      ].join(' '),
    );
    // Sums of nanodollars pass 2^53 at nine million dollars; node:sqlite would throw there.
    statement.setReadBigInts(true);
    return statement.all(...used.map(([, value]) => value ?? null)).map((row) => {
      const numbers = Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'bigint' ? Number(value) : value,
      ]);
      return Object.fromEntries(numbers) as UsageRow;
    });
  }
}

/** The reason if the row itself can never be written; undefined if the store is what failed. */
function rowsOwnFault(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') {
    return (error.errcode & 0xff) === SQLITE_CONSTRAINT ? error.message : undefined;
  }
  // A value that SQLite has no type for is refused by node:sqlite before SQLite sees it.
  return 'code' in error && error.code === 'ERR_INVALID_ARG_TYPE' ? error.message : undefined;
}
