import type { ParseArgsOptionsConfig } from 'node:util';
import type { BenchOptions } from '../lib/bench.ts';
import { flagsOf, listed } from '../lib/flags.ts';
import { takePrecedenceUntilEnd } from '../lib/precedence.ts';
import { compareOnLlama } from './llama-comparison.ts';
import { jsonReport, textReport, type Comparison, type Skipped } from './report.ts';
import { TIMINGS } from './settings.ts';
import { compareOnSimulatedEngine } from './sim-comparison.ts';

const ENGINES = ['sim', 'llama'] as const;

const usage = `npm run bench -- coserve-http [options]

  --engines NAMES  of: ${ENGINES.join(', ')} (default: all)
  --quick          one workload, short phases
  --json           print the figures as JSON

NAMES are separated by commas.`;

interface Flags {
  engines?: string;
  quick?: boolean;
  help?: boolean;
}

const flagOptions: ParseArgsOptionsConfig = {
  engines: { type: 'string' },
  quick: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/** The same traffic over real HTTP and in real time: what the simulator says of it, held against the gateway as it is shipped. */
export async function run({ json, argv }: BenchOptions): Promise<number> {
  const flags = flagsOf<Flags>(argv, flagOptions, usage);
  if (flags.help === true) {
    console.log(usage);
    return 0;
  }
  const quick = flags.quick === true;
  const timings = TIMINGS[quick ? 'quick' : 'full'];
  const engines = listed(flags.engines, '--engines', ENGINES);
  // Engine, gateway and client live in real time, and what comes between them would be told of them.
  takePrecedenceUntilEnd();
  const found: (Comparison | Skipped)[] = [];
  const tell = (each: Comparison | Skipped): void => {
    found.push(each);
    if (!json) console.log(`${textReport(each)}\n`);
  };
  if (engines.includes('sim')) {
    const setup = { timing: timings.sim, quick, progress: console.error };
    for await (const each of compareOnSimulatedEngine(setup)) tell(each);
  }
  if (engines.includes('llama')) tell(await compareOnLlama({ timing: timings.llama, progress: console.error }));
  if (json) console.log(JSON.stringify(jsonReport(found), null, 2));
  return 0;
}
