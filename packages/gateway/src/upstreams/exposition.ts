import type { EngineGauges } from './adapters.ts';

/** What an engine's `/metrics` said; absent members were not in it. */
export interface EngineReading {
  waiting?: number;
  running?: number;
  kvUsage?: number;
  kvTokens?: number;
}

/**
 * Reads the few gauges that matter out of a Prometheus exposition. Series of the same name with different labels (data-parallel
 * ranks, several models) are added, shares averaged.
 */
export function readExposition(text: string, gauges: EngineGauges): EngineReading {
  const reading: EngineReading = {};
  const waiting = sum(text, gauges.waiting);
  if (waiting !== null) reading.waiting = waiting.total;
  const running = sum(text, gauges.running);
  if (running !== null) reading.running = running.total;
  for (const name of gauges.kvUsage) {
    const usage = sum(text, name);
    if (usage === null) continue;
    reading.kvUsage = usage.total / usage.series;
    break;
  }
  const kvTokens = gauges.kvTokens === undefined ? null : readKvTokens(text, gauges.kvTokens);
  if (kvTokens !== null) reading.kvTokens = kvTokens;
  return reading;
}

function readKvTokens(text: string, from: NonNullable<EngineGauges['kvTokens']>): number | null {
  if (typeof from === 'string') {
    const tokens = sum(text, from)?.total ?? 0;
    // A cache that is not set up yet is told as empty: nothing is known of its size.
    return tokens > 0 ? tokens : null;
  }
  let tokens = 0;
  for (const line of seriesOf(text, from.info)) {
    const blocks = Number(labelOf(line, from.blocks));
    const size = Number(labelOf(line, from.blockSize));
    if (Number.isFinite(blocks) && Number.isFinite(size)) tokens += blocks * size;
  }
  return tokens > 0 ? tokens : null;
}

function sum(text: string, name: string): { total: number; series: number } | null {
  let total = 0;
  let series = 0;
  for (const line of seriesOf(text, name)) {
    const value = Number(line.slice(line.lastIndexOf(' ') + 1));
    if (!Number.isFinite(value)) continue;
    total += value;
    series += 1;
  }
  return series === 0 ? null : { total, series };
}

/** Lines of one metric: its name at the start of a line, followed by labels or a space. */
function* seriesOf(text: string, name: string): Generator<string> {
  let from = 0;
  for (;;) {
    const at = text.indexOf(name, from);
    if (at < 0) return;
    from = at + name.length;
    const next = text[from];
    if ((at !== 0 && text[at - 1] !== '\n') || (next !== '{' && next !== ' ')) continue;
    const end = text.indexOf('\n', from);
    yield text.slice(at, end < 0 ? text.length : end).trimEnd();
  }
}

function labelOf(line: string, label: string): string | undefined {
  const at = line.search(new RegExp(`[{,]${label}="`));
  if (at < 0) return undefined;
  const start = line.indexOf('"', at) + 1;
  return line.slice(start, line.indexOf('"', start));
}
