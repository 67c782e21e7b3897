import { expect } from 'vitest';
import { checkBooks, rowsOf } from '../../e2e/books.ts';
import { startHouse, type House } from '../../e2e/harness.ts';
import { misbooked } from '../ledger.ts';
import { MOUNTS } from '../mounts/all.ts';
import type { Mount } from '../mounts/mount.ts';
import { EngineCell, type EngineCheck } from './check.ts';
import { ENGINE_CHECKS } from './checks.ts';

/** Slow enough that an answer of a hundred tokens is still under way when somebody else comes, however busy the machine is. */
const SPEED = 4;

export interface EngineOutcome {
  readonly check: EngineCheck;
  readonly mount: Mount;
  readonly stream: boolean;
  readonly notes: readonly string[];
  readonly failure: unknown;
}

export interface EngineRuns {
  readonly outcomes: readonly EngineOutcome[];
  readonly house: House;
}

/** Every mount before an engine of its own: the mounts beside each other, their checks one after the other. */
export async function runEngines(): Promise<EngineRuns> {
  const house = await startHouse({
    engines: MOUNTS.map(({ name }) => ({ slots: 1, speed: SPEED, model: `sim-${name}` })),
  });
  const tried = (await Promise.all(MOUNTS.map((mount, index) => tryMount(house, mount, index)))).flat();
  const rows = await rowsOf(house);
  return {
    house,
    outcomes: tried.map(({ cell, failure, ...outcome }) => ({
      ...outcome,
      failure: failure ?? misbooked(cell.booked, rows),
    })),
  };
}

export function engineOutcomeOf(
  { outcomes }: EngineRuns,
  check: EngineCheck,
  mount: Mount,
  stream: boolean,
): EngineOutcome {
  return outcomes.find((one) => one.check === check && one.mount === mount && one.stream === stream)!;
}

export async function checkEngineHouse({ house }: EngineRuns): Promise<void> {
  await checkBooks(house);
}

type Tried = EngineOutcome & { readonly cell: EngineCell };

async function tryMount(house: House, mount: Mount, index: number): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const check of ENGINE_CHECKS) {
    for (const stream of [false, true]) {
      const cell = new EngineCell(house, mount, house.engines[index]!, `sim-${mount.name}`, stream);
      let failure: unknown = null;
      try {
        await check.try(cell);
        expect(cell.engine.faults.pending).toBe(0);
      } catch (error) {
        failure = error;
        cell.engine.faults.clear();
      }
      tried.push({ check, mount, stream, notes: cell.notes, cell, failure });
    }
  }
  return tried;
}
