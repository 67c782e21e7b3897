import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BenchOptions } from '../lib/bench.ts';
import { median } from '../lib/stats.ts';
import { textTable, threeDigits } from '../lib/table.ts';
import { fleetTables, measureFleets } from './fleet.ts';
import { BenchWorld, PROJECTS } from './world.ts';

const DEPTHS = [10, 10_000, 1_000_000] as const;
/** Cycles of submit, progress, finish and start; each keeps the queue at its depth. */
const CYCLES = 100_000;
const WARM_UP_CYCLES = 20_000;
const EVENTS_PER_CYCLE = 3;
const ROUNDS = 3;

interface Row {
  readonly queued: number;
  readonly microsPerEvent: number;
  readonly eventsPerSecond: number;
  /** Heap that one more queued ticket takes, its id, spec and ladder included; null where too few queue to tell. */
  readonly heapBytesPerTicket: number | null;
  /** Against the first row. */
  readonly ratio: number;
  /** How log2 of the depth grew against the first row. */
  readonly logRatio: number;
}

/** Cost per event and memory, as the number of waiting tickets grows a hundred thousand times; and in a fleet with shadow models. */
export async function run({ json }: BenchOptions): Promise<number> {
  const rows: Row[] = [];
  // The first measurement of a process also pays for compiling what it runs.
  measure(DEPTHS[0]);
  for (const queued of DEPTHS) {
    const { microsPerEvent, heapBytesPerTicket } = measure(queued);
    const first = rows[0]?.microsPerEvent ?? microsPerEvent;
    rows.push({
      queued,
      microsPerEvent,
      eventsPerSecond: Math.round(1e6 / microsPerEvent),
      heapBytesPerTicket,
      ratio: microsPerEvent / first,
      logRatio: Math.log2(queued) / Math.log2(DEPTHS[0]),
    });
  }
  const fleet = measureFleets();
  const data = { bench: 'scheduler', projects: PROJECTS, rows, fleet };
  console.log(json ? JSON.stringify(data, null, 2) : `${tableOf(rows)}\n\n${fleetTables(fleet)}`);
  return Promise.resolve(0);
}

function tableOf(rows: readonly Row[]): string {
  const table = textTable(
    ['queued tickets', 'us/event', 'events/s', 'x first row', 'x log2(queued)', 'heap bytes/ticket'],
    rows.map((row) => [
      row.queued.toLocaleString('en-US'),
      threeDigits(row.microsPerEvent),
      row.eventsPerSecond.toLocaleString('en-US'),
      threeDigits(row.ratio),
      threeDigits(row.logRatio),
      row.heapBytesPerTicket === null ? '-' : String(row.heapBytesPerTicket),
    ]),
  );
  return `CPU per event (submit, progress, or finish with the start that follows), 256 busy slots, ${String(PROJECTS)} projects\n\n${table}`;
}

function measure(queued: number): { microsPerEvent: number; heapBytesPerTicket: number | null } {
  const heapBefore = heapUsed();
  const world = new BenchWorld(queued);
  const heapBytesPerTicket = queued < 1_000 ? null : Math.round((heapUsed() - heapBefore) / queued);
  cycle(world, WARM_UP_CYCLES);
  const micros: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    cycle(world, CYCLES);
    const { user, system } = process.cpuUsage(before);
    micros.push((user + system) / (CYCLES * EVENTS_PER_CYCLE));
  }
  return { microsPerEvent: median(micros), heapBytesPerTicket };
}

function cycle(world: BenchWorld, times: number): void {
  for (let time = 0; time < times; time += 1) {
    world.submit();
    world.finishOne();
  }
}

/** After a collection, so that only what is held counts. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
