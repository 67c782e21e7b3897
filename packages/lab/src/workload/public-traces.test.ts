import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readLengths } from './read-lengths.ts';
import { readWorkload } from './read-workload.ts';
import { rateOf } from './overlay.ts';
import { publicTrace } from './testing/public-traces.ts';

const HOUR_MS = 3_600_000;

test.for([
  ['code', 8_819],
  ['conv', 19_366],
] as const)('Azure %s, all %i requests', async ([name, count], context) => {
  const path = publicTrace(context, `azure/AzureLLMInferenceTrace_${name}_2023.csv`);
  const workload = await readWorkload(path);
  expect(workload.requests).toHaveLength(count);
  expect(workload.durationMs / 60_000).toBeGreaterThan(57);
  expect(workload.durationMs / 60_000).toBeLessThan(59);
});

test('the lengths of ShareGPT', async (context) => {
  const { pairs } = await readLengths(publicTrace(context, 'lengths/sharegpt_8k_lengths.csv'));
  expect(pairs).toHaveLength(30_731);
  expect(pairs[0]).toEqual({ inputTokens: 74, outputTokens: 918 });
});

test.for([
  { name: 'm-large', fromHour: 0, rateScale: 1 },
  { name: 'm-large', fromHour: 75, rateScale: 0.1 },
  { name: 'm-large', fromHour: 300, rateScale: 0.1 },
  { name: 'deepseek-r1', fromHour: 10, rateScale: 1 },
  { name: 'deepseek-r1', fromHour: 20, rateScale: 1 },
])('an hour of ServeGen $name from hour $fromHour on has the rate of its clients together', async (part, context) => {
  const path = publicTrace(context, `servegen/${part.name}.tar.gz`);
  const sums = readFileSync(publicTrace(context, `servegen/${part.name}_aggregate_rate.csv`), 'utf8')
    .trim()
    .split('\n');
  const rates = sums
    .map((line) => line.split(',').map(Number))
    .filter(([startS]) => startS! >= part.fromHour * 3_600 && startS! < (part.fromHour + 1) * 3_600)
    .map(([, rate]) => rate!);
  expect(rates).toHaveLength(6);
  const expected = (rates.reduce((sum, rate) => sum + rate, 0) / rates.length) * part.rateScale;

  const fromMs = part.fromHour * HOUR_MS;
  const workload = await readWorkload(path, { fromMs, durationMs: HOUR_MS, rateScale: part.rateScale });
  expect(workload.durationMs).toBe(HOUR_MS);
  expect(rateOf(workload) / expected).toBeGreaterThan(0.95);
  expect(rateOf(workload) / expected).toBeLessThan(1.05);
});
