import { quantileOfSorted } from '../lib/stats.ts';
import { textTable, threeDigits } from '../lib/table.ts';
import { FLEET, FleetWorld, MEASURED, type Measured } from './fleet-world.ts';

/** Engine steps; every engine makes its share of them. */
const STEPS = 40_000;
const WARM_UP_STEPS = 20_000;

export interface FleetRow {
  readonly event: Measured | 'all';
  readonly events: number;
  readonly microsMean: number;
  readonly microsP50: number;
  readonly microsP99: number;
}

/** What the scheduler's decisions take in a fleet in full work, by what they are asked for. */
export function measureFleet(): FleetRow[] {
  const world = new FleetWorld();
  for (let step = 0; step < WARM_UP_STEPS; step += 1) world.step();
  if (world.running < 0.95 * FLEET.running) throw new Error(`only ${String(world.running)} requests run`);
  world.takeMicros();
  for (let step = 0; step < STEPS; step += 1) world.step();
  const micros = world.takeMicros();
  const all = MEASURED.flatMap((event) => micros[event]);
  return [...MEASURED.map((event) => rowOf(event, micros[event])), rowOf('all', all)];
}

export function fleetTable(rows: readonly FleetRow[]): string {
  const table = textTable(
    ['event', 'events', 'us mean', 'us p50', 'us p99'],
    rows.map(({ event, events, microsMean, microsP50, microsP99 }) => [
      event,
      events.toLocaleString('en-US'),
      ...[microsMean, microsP50, microsP99].map(threeDigits),
    ]),
  );
  const { engines, running, flexQueued } = FLEET;
  const what = [`${String(engines)} engines`, `${grouped(running)} running`, `${grouped(flexQueued)} flex queued`];
  return `Time per event, ${what.join(', ')}, a shadow model per engine\n\n${table}`;
}

function rowOf(event: FleetRow['event'], micros: number[]): FleetRow {
  const sorted = Float64Array.from(micros).sort();
  return {
    event,
    events: sorted.length,
    microsMean: sorted.reduce((sum, each) => sum + each, 0) / sorted.length,
    microsP50: quantileOfSorted(sorted, 0.5),
    microsP99: quantileOfSorted(sorted, 0.99),
  };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
