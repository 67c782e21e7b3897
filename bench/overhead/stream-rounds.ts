import { openFilesMax } from '../lib/child.ts';
import { threeDigits } from '../lib/table.ts';
import { attempt, rotated, startOptions, type RunContext } from './context.ts';
import { measureStreams, noteDoubts, streamCells, type StreamFigures } from './measure-streams.ts';
import type { Proxy } from './proxies/proxy.ts';

type StreamRow = keyof typeof streamCells;

/** A proxy holds two files per stream, and some of its own. */
const spareFiles = 500;

/** Streams wait so long for their turn there that nothing about overhead can be learnt. */
const leftOut: Readonly<Partial<Record<StreamRow, readonly string[]>>> = { 'streams-5000': ['portkey'] };

/** Each proxy is started anew for each cell; rounds take turns over the proxies, and the first also measures the upstream. */
export async function streamRounds(context: RunContext): Promise<void> {
  const { options } = context;
  const rows = (Object.keys(streamCells) as StreamRow[]).filter((row) => options.rows.has(row));
  for (let round = 0; round < options.rounds; round++) {
    for (const row of rows) {
      const filesNeeded = 2 * streamCells[row].streams + spareFiles;
      if (openFilesMax() < filesNeeded) {
        context.results.notes.add(
          `${row} left out: it takes ${filesNeeded} open files, ulimit -Hn is ${openFilesMax()}`,
        );
        continue;
      }
      if (round === 0) await directCell(context, row);
      for (const proxy of rotated(context.proxies, round)) {
        if (leftOut[row]?.includes(proxy.name) === true) continue;
        await attempt(context, `${row} ${proxy.name}`, () => proxyCell(context, proxy, row, round));
      }
    }
  }
}

async function directCell(context: RunContext, row: StreamRow): Promise<void> {
  const direct = { name: 'direct', port: context.upstream.port, headers: {}, pid: undefined };
  const figures = await measureStreams(direct, context.upstream, streamCells[row], context.options.timings);
  record(context, 'direct', row, 0, figures);
}

async function proxyCell(context: RunContext, proxy: Proxy, row: StreamRow, round: number): Promise<void> {
  const running = await proxy.start(startOptions(context));
  try {
    const figures = await measureStreams(running, context.upstream, streamCells[row], context.options.timings);
    record(context, proxy.name, row, round, figures);
  } finally {
    await running.stop();
  }
}

function record(
  { results, progress }: RunContext,
  name: string,
  row: StreamRow,
  round: number,
  figures: StreamFigures,
): void {
  const streams = streamCells[row].streams;
  results.add(`delay-p99-${streams}`, name, round, figures.delayP99Us);
  if (name !== 'direct') {
    results.add(`cpu-chunk-${streams}`, name, round, figures.cpuUsPerChunk);
    results.add(`memory-${streams}`, name, round, figures.memoryKbPerStream);
  }
  noteDoubts(results.notes, name, row, figures);
  progress(
    `round ${round + 1}: ${row} ${name} ${threeDigits(figures.cpuUsPerChunk)} us CPU per chunk, ` +
      `${threeDigits(figures.memoryKbPerStream)} KB per stream, p99 delay ${threeDigits(figures.delayP99Us)} us, ` +
      `core ${threeDigits(figures.busyShare * 100)}% busy, ${threeDigits(figures.deliveredShare * 100)}% delivered`,
  );
}
