import { median, quantileOfSorted } from '../lib/stats.ts';
import { textTable, threeDigits } from '../lib/table.ts';
import { FLEET_SETUPS, type FleetSetup } from './fleet-setups.ts';
import { FLEET, FleetWorld, MEASURED, type Measured } from './fleet-world.ts';

/** Engine steps; every engine makes its share of them. */
const STEPS = 20_000;
const STEPS_OF_OTHERS = 5_000;
const WARM_UP_STEPS = 20_000;
/** Each is the same, event for event: what an event takes is the median of these, and other people's work is not in it. */
const ROUNDS = 3;

export interface FleetRow {
  readonly event: Measured | 'all';
  readonly events: number;
  readonly microsMean: number;
  readonly microsP50: number;
  readonly microsP99: number;
}

export interface FleetReport {
  readonly setup: string;
  readonly rows: readonly FleetRow[];
  /** CPU of the process for each event, with the work of the bench itself and all garbage collection. */
  readonly cpuMicrosPerEvent: number;
}

/** What the scheduler's decisions take in fleets in full work, by what they are asked for. */
export function measureFleets(): FleetReport[] {
  return FLEET_SETUPS.map((setup, index) => measureFleet(setup, index === 0 ? STEPS : STEPS_OF_OTHERS));
}

function measureFleet(setup: FleetSetup, steps: number): FleetReport {
  const rounds = Array.from({ length: ROUNDS }, () => measureRound(setup, steps));
  const micros = (event: Measured): number[] =>
    rounds[0]!.micros[event].map((_, nth) => median(rounds.map((round) => round.micros[event][nth]!)));
  const byEvent = MEASURED.map((event) => ({ event, micros: micros(event) }));
  const all = byEvent.flatMap((each) => each.micros);
  return {
    setup: setup.name,
    rows: [...byEvent.map((each) => rowOf(each.event, each.micros)), rowOf('all', all)],
    cpuMicrosPerEvent: median(rounds.map(({ cpuMicros }) => cpuMicros)) / all.length,
  };
}

function measureRound(setup: FleetSetup, steps: number): { micros: Record<Measured, number[]>; cpuMicros: number } {
  const world = new FleetWorld(setup);
  for (let step = 0; step < WARM_UP_STEPS; step += 1) world.step();
  if (world.running < 0.95 * FLEET.running) throw new Error(`only ${String(world.running)} requests run`);
  world.takeMicros();
  const before = process.cpuUsage();
  for (let step = 0; step < steps; step += 1) world.step();
  const { user, system } = process.cpuUsage(before);
  return { micros: world.takeMicros(), cpuMicros: user + system };
}

export function fleetTables(reports: readonly FleetReport[]): string {
  const [{ rows, cpuMicrosPerEvent }] = reports as [FleetReport];
  const first = textTable(
    ['event', 'events', 'us mean', 'us p50', 'us p99'],
    rows.map(({ event, events, microsMean, microsP50, microsP99 }) => [
      event,
      events.toLocaleString('en-US'),
      ...[microsMean, microsP50, microsP99].map(threeDigits),
    ]),
  );
  const others = textTable(
    ['us mean', ...MEASURED, 'all'],
    reports.map((report) => [report.setup, ...report.rows.map(({ microsMean }) => threeDigits(microsMean))]),
  );
  const what = [
    `${String(FLEET.engines)} engines`,
    `${grouped(FLEET.running)} running`,
    `${grouped(FLEET.flexQueued)} flex queued`,
  ];
  const cpu = `CPU of the process per event, the bench itself and garbage collection included: ${threeDigits(cpuMicrosPerEvent)} us`;
  return `Time per event, ${what.join(', ')}, a shadow model per engine\n\n${first}\n\n${cpu}\n\n${others}`;
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
