import { threeDigits } from '../../lib/table.ts';
import { attempt, rotated, type RunContext } from '../context.ts';
import { idleCpuShare } from '../idle.ts';
import { ClosedLoad } from '../load/closed-loop.ts';
import { measureStreams, noteDoubts, type StreamCell } from '../measure-streams.ts';
import { connections, cpuUsPerRequest } from '../measure-unary.ts';
import { startHouse, type House } from './house.ts';
import type { Passage } from './passages.ts';

const bodyBytes = 1_024;

/** As many streams as for the proxies, slower: a core has to do with 10,000 translated chunks a second, lest reads coalesce. */
export const wireCell: StreamCell = { streams: 500, tokensPerSecond: 20 };

/**
 * All passages through one process, as in a house that has clients of every wire: what it compiled for one, it uses for all. In one round
 * they take turns.
 */
export async function wireRounds(context: RunContext): Promise<void> {
  const { options, upstream, profileDir } = context;
  const rows = wireRows.filter(({ row }) => options.rows.has(row));
  if (rows.length === 0) return;
  const house = await startHouse(upstream.port, profileDir);
  try {
    for (const passage of options.passages) {
      await attempt(context, `warm-up of ${passage.name}`, () => warmUp(context, house, passage));
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const { row, measure } of rows) {
        for (const passage of rotated(options.passages, round)) {
          await attempt(context, `${row} ${passage.name}`, () => measure(context, house, passage, round));
        }
      }
    }
  } finally {
    await house.stop();
  }
}

const wireRows = [
  { row: 'wires-1k', measure: unaryCell },
  { row: 'wires-streams', measure: streamCell },
] as const;

async function warmUp({ options }: RunContext, house: House, passage: Passage): Promise<void> {
  const load = new ClosedLoad(house.targetOf(passage), { bodyBytes, connections });
  await load.runFor(options.timings.wireWarmUpMs).finally(() => {
    load.stop();
  });
}

async function unaryCell(context: RunContext, house: House, passage: Passage, round: number): Promise<void> {
  const { results, progress, options } = context;
  const target = house.targetOf(passage);
  const idle = await idleCpuShare(target, options.timings.idleMs);
  const cpuUs = await cpuUsPerRequest(target, { bodyBytes, idleCpuShare: idle, timings: options.timings });
  results.add('cpu-wire-1k', passage.name, round, cpuUs);
  progress(`round ${round + 1}: wires-1k ${passage.name} ${threeDigits(cpuUs)} us CPU per request`);
}

async function streamCell(context: RunContext, house: House, passage: Passage, round: number): Promise<void> {
  const { results, progress, options, upstream } = context;
  const figures = await measureStreams(house.targetOf(passage), upstream, wireCell, options.timings);
  results.add('cpu-wire-chunk', passage.name, round, figures.cpuUsPerChunk);
  noteDoubts(results.notes, passage.name, 'wires-streams', figures);
  progress(
    `round ${round + 1}: wires-streams ${passage.name} ${threeDigits(figures.cpuUsPerChunk)} us CPU per chunk, ` +
      `core ${threeDigits(figures.busyShare * 100)}% busy, ${threeDigits(figures.deliveredShare * 100)}% delivered`,
  );
}
