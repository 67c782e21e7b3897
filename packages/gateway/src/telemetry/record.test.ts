import { expect, test } from 'vitest';
import { ledgerRow } from '../ledger/testing/row.ts';
import { createMetrics } from './metrics.ts';
import { RowRecorder } from './record.ts';

const SLO = { ttftMs: 500, tpotMs: 50, flexShare: 0.25 };

function linesAfter(...rows: Parameters<RowRecorder['record']>[0][]): string[] {
  const metrics = createMetrics();
  const recorder = new RowRecorder(metrics, SLO);
  for (const row of rows) recorder.record(row);
  return metrics.registry.expose().split('\n');
}

test('a completed request, in every metric that it belongs to', () => {
  const lines = linesAfter(
    ledgerRow('a', {
      requestedTier: 'auto',
      servedTier: 'flex',
      inputTokens: 100,
      cachedInputTokens: 40,
      cacheWriteTokens: 30,
      outputTokens: 11,
      reasoningTokens: 5,
      wastedTokens: 3,
      evictions: 2,
      waitMs: 2_000,
      ttftMs: 2_200,
      durationMs: 2_700,
      costNanoUsd: 500_000_000,
      standardCostNanoUsd: 1_000_000_000,
    }),
  );
  for (const line of [
    'offpeak_requests_total{model="m",requested="auto",served="flex",outcome="completed"} 1',
    'offpeak_tokens_total{model="m",tier="flex",kind="input"} 100',
    'offpeak_tokens_total{model="m",tier="flex",kind="cached_input"} 40',
    'offpeak_tokens_total{model="m",tier="flex",kind="cache_write"} 30',
    'offpeak_tokens_total{model="m",tier="flex",kind="output"} 11',
    'offpeak_tokens_total{model="m",tier="flex",kind="reasoning"} 5',
    'offpeak_wait_seconds_sum{tier="flex"} 2',
    'offpeak_ttft_seconds_sum{tier="flex"} 2.2',
    'offpeak_tpot_seconds_sum{tier="flex"} 0.05',
    'offpeak_evictions_total 2',
    'offpeak_wasted_tokens_total 3',
    'offpeak_cost_usd_total{tier="flex"} 0.5',
    'offpeak_incomplete_costs_total{tier="flex"} 0',
    'offpeak_saved_usd_total 0.5',
  ]) {
    expect(lines).toContain(line);
  }
});

test('a cost that is not all of it is counted as that', () => {
  const lines = linesAfter(ledgerRow('a', { costComplete: false, costNanoUsd: 500_000_000 }), ledgerRow('b'));
  expect(lines).toContain('offpeak_incomplete_costs_total{tier="flex"} 1');
  expect(lines).toContain('offpeak_cost_usd_total{tier="flex"} 0.5');
});

test('a refused request is a request, and nothing else', () => {
  const lines = linesAfter(ledgerRow('a', { outcome: 'refused', waitMs: 5_000 }));
  expect(lines).toContain('offpeak_requests_total{model="m",requested="flex",served="flex",outcome="refused"} 1');
  expect(lines).toContain('offpeak_wait_seconds_count{tier="flex"} 0');
  expect(lines).toContain('offpeak_saved_usd_total 0');
});

test('one token or none has no time per token; a cut answer has none either', () => {
  const lines = linesAfter(
    ledgerRow('a', { outputTokens: 1, ttftMs: 5, durationMs: 10 }),
    ledgerRow('b', { outcome: 'failed', outputTokens: 5, ttftMs: 5, durationMs: 10 }),
    ledgerRow('c', { outcome: 'cancelled' }),
  );
  expect(lines).toContain('offpeak_ttft_seconds_count{tier="flex"} 2');
  expect(lines).toContain('offpeak_tpot_seconds_count{tier="flex"} 0');
});

test('priority does not make savings negative', () => {
  const lines = linesAfter(
    ledgerRow('a', { servedTier: 'priority', costNanoUsd: 2_000_000_000, standardCostNanoUsd: 1_000_000_000 }),
  );
  expect(lines).toContain('offpeak_cost_usd_total{tier="priority"} 2');
  expect(lines).toContain('offpeak_saved_usd_total 0');
});

test('the label of a model can be another than its name', () => {
  const metrics = createMetrics();
  new RowRecorder(metrics, SLO).record(ledgerRow('a', { model: 'made-up-by-a-client' }), 'other');
  expect(metrics.registry.expose()).toContain('offpeak_requests_total{model="other",');
  expect(metrics.registry.expose()).not.toContain('made-up');
});

test('interactive requests meet both targets or miss; flex has none', () => {
  const standard = { servedTier: 'standard', outputTokens: 11, ttftMs: 500, durationMs: 1_000 } as const;
  const lines = linesAfter(
    ledgerRow('a', standard),
    ledgerRow('b', { ...standard, ttftMs: 501 }),
    ledgerRow('c', { ...standard, durationMs: 1_001 }),
    ledgerRow('d', { ...standard, outputTokens: 1, durationMs: 9_000 }),
    ledgerRow('e', { ...standard, outcome: 'cancelled' }),
    ledgerRow('f', { ...standard, servedTier: 'flex' }),
  );
  expect(lines.filter((line) => line.startsWith('offpeak_slo_total'))).toEqual([
    'offpeak_slo_total{tier="standard",result="met"} 2',
    'offpeak_slo_total{tier="standard",result="missed"} 2',
  ]);
});
