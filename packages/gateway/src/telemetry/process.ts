import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from './registry.ts';

const NS_PER_S = 1e9;
const MS_PER_S = 1e3;
const US_PER_S = 1e6;
/** How finely delays are seen. */
const RESOLUTION_MS = 10;
const QUANTILES = [50, 99] as const;

/** The process's own metrics, under the names that Prometheus dashboards know. Returns what stops the measuring. */
export function collectProcessMetrics(registry: Registry): () => void {
  const resident = registry.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    labels: [],
  });
  const heapUsed = registry.gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use.',
    labels: [],
  });
  const external = registry.gauge({
    name: 'nodejs_external_memory_bytes',
    help: 'Memory outside the JavaScript heap that it holds, buffers included.',
    labels: [],
  });
  const cpu = registry.gauge({
    name: 'process_cpu_seconds_total',
    help: 'CPU time, user and system.',
    labels: [],
    type: 'counter',
  });
  const start = registry.gauge({
    name: 'process_start_time_seconds',
    help: 'When the process started, seconds since 1970.',
    labels: [],
  });
  const delay = registry.gauge({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'How late the event loop ran its timers, since the scrape before.',
    labels: ['quantile'],
  });

  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  start.labels({}).set(Math.round(Date.now() / MS_PER_S - process.uptime()));
  const cells = QUANTILES.map((quantile) => ({ quantile, cell: delay.labels({ quantile: String(quantile / 100) }) }));
  registry.onCollect(() => {
    const memory = process.memoryUsage();
    resident.labels({}).set(memory.rss);
    heapUsed.labels({}).set(memory.heapUsed);
    external.labels({}).set(memory.external);
    const { user, system } = process.cpuUsage();
    cpu.labels({}).set((user + system) / US_PER_S);
    for (const { quantile, cell } of cells) {
      // The histogram measures the whole interval between timers; what is over the resolution is delay.
      const lateNs = delays.count === 0 ? 0 : delays.percentile(quantile) - RESOLUTION_MS * 1e6;
      cell.set(Math.max(0, lateNs) / NS_PER_S);
    }
    delays.reset();
  });
  return () => {
    delays.disable();
  };
}
