import { expect, test } from 'vitest';
import { collectProcessMetrics } from './process.ts';
import { Registry } from './registry.ts';

test('the process tells of itself', () => {
  const registry = new Registry();
  const stop = collectProcessMetrics(registry);
  const text = registry.expose();
  stop();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect(value('nodejs_heap_size_used_bytes')).toBeGreaterThan(1e5);
  expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(value('process_start_time_seconds')).toBeGreaterThan(1.6e9);
  expect(value('nodejs_eventloop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
  expect(text).toContain('# TYPE process_cpu_seconds_total counter');
});
