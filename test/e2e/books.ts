import { TIERS } from '@offpeak/core';
import { expect } from 'vitest';
import { until, type House } from './harness.ts';

/** What the headers of one answer said. Absent where the answer came from before the request was accepted. */
export interface Seen {
  readonly id: string;
  readonly status: number;
  readonly tier: string | null;
  readonly requested: string | null;
}

/** Stands between clients and a gateway, and notes what each answer says of its own story. */
export class Witness {
  readonly seen: Seen[] = [];
  /** Requests that were sent through it, those without an answer included. */
  attempts = 0;

  readonly fetch: typeof fetch = async (input, init) => {
    this.attempts += 1;
    const answer = await fetch(input, init);
    const { headers, status } = answer;
    const id = headers.get('x-request-id');
    if (id !== null) {
      this.seen.push({
        id,
        status,
        tier: headers.get('offpeak-tier'),
        requested: headers.get('offpeak-requested-tier'),
      });
    }
    return answer;
  };
}

/** One sample of the metrics page. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function readMetrics(page: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of page.split('\n')) {
    const parts = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (parts === null) continue;
    const labels = [...(parts[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
    samples.push({
      name: parts[1]!,
      labels: Object.fromEntries(labels) as Record<string, string>,
      value: Number(parts[3]),
    });
  }
  return samples;
}

/** The sum over all series of a metric whose labels are these. */
export function total(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Slots of all engines that are in use, by the gateway's count. */
export function slotsTaken(page: string): number {
  return TIERS.reduce((sum, tier) => sum + total(readMetrics(page), 'offpeak_engine_slots', { state: tier }), 0);
}

/** Nothing waits and nothing runs: every story is over and in the ledger. */
export async function untilQuiet(house: House): Promise<void> {
  await until(async () => {
    const page = await house.metrics();
    return slotsTaken(page) + total(readMetrics(page), 'offpeak_queue_depth') === 0;
  }, 'nothing waits or runs any more');
}

/** The ledger with its types; columns that no test reads are left out. */
export interface Row {
  readonly id: string;
  readonly dialect: string;
  readonly model: string;
  readonly upstream: string | null;
  readonly requested_tier: string;
  readonly served_tier: string;
  readonly why: string;
  readonly outcome: string;
  readonly status: number;
  readonly stream: number;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  readonly wasted_tokens: number;
  readonly evictions: number;
  readonly wait_ms: number;
  readonly cost_nano_usd: number;
  readonly standard_cost_nano_usd: number;
}

export async function rowsOf(house: House): Promise<Row[]> {
  await untilQuiet(house);
  return (await house.ledger()) as unknown as Row[];
}

/**
 * Holds the books of a house against each other and against what its clients saw: one row for each request that was accepted, the
 * same tier in headers, ledger and metrics, the same tokens and money in ledger and metrics, and nothing owed for a refusal.
 */
export async function checkBooks(house: House, ...witnesses: readonly Witness[]): Promise<void> {
  const rows = await rowsOf(house);
  const samples = readMetrics(await house.metrics());
  checkRows(rows);
  checkMetrics(rows, samples);
  checkSeen(
    rows,
    witnesses.flatMap(({ seen }) => seen),
    witnesses.length > 0,
  );
}

function checkRows(rows: readonly Row[]): void {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  for (const row of rows) {
    if (row.served_tier === 'standard') expect(row.cost_nano_usd).toBe(row.standard_cost_nano_usd);
    if (row.outcome !== 'refused') continue;
    expect(row).toMatchObject({ cost_nano_usd: 0, standard_cost_nano_usd: 0, input_tokens: 0, output_tokens: 0 });
  }
}

function checkMetrics(rows: readonly Row[], samples: readonly Sample[]): void {
  expect(total(samples, 'offpeak_ledger_duplicates_total')).toBe(0);
  expect(total(samples, 'offpeak_ledger_rows_lost_total')).toBe(0);
  const counted = samples
    .filter(({ name }) => name === 'offpeak_requests_total')
    .map(({ labels, value }) => [`${labels['requested']} ${labels['served']} ${labels['outcome']}`, value] as const);
  const booked = rows.map((row) => [`${row.requested_tier} ${row.served_tier} ${row.outcome}`, 1] as const);
  expect(summed(counted)).toEqual(summed(booked));
  const sum = (of: (row: Row) => number): number => rows.reduce((all, row) => all + of(row), 0);
  expect(total(samples, 'offpeak_evictions_total')).toBe(sum((row) => row.evictions));
  expect(total(samples, 'offpeak_wasted_tokens_total')).toBe(sum((row) => row.wasted_tokens));
  expect(total(samples, 'offpeak_tokens_total', { kind: 'input' })).toBe(sum((row) => row.input_tokens));
  expect(total(samples, 'offpeak_tokens_total', { kind: 'output' })).toBe(sum((row) => row.output_tokens));
  expect(total(samples, 'offpeak_cost_usd_total')).toBeCloseTo(sum((row) => row.cost_nano_usd) / 1e9, 9);
}

function summed(pairs: readonly (readonly [string, number])[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, value] of pairs) if (value > 0) sums[key] = (sums[key] ?? 0) + value;
  return sums;
}

function checkSeen(rows: readonly Row[], seen: readonly Seen[], complete: boolean): void {
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { id, tier, requested } of seen) {
    // An answer that names no tier was given before the request was accepted: it has no story and no row.
    if (requested === null) {
      expect(byId.has(id)).toBe(false);
      continue;
    }
    const row = byId.get(id);
    expect(row?.requested_tier).toBe(requested);
    if (tier !== null) expect(row?.served_tier).toBe(tier);
  }
  if (!complete) return;
  const told = new Set(seen.map(({ id }) => id));
  for (const row of rows) if (!told.has(row.id)) expect(row.outcome).toBe('cancelled');
}
