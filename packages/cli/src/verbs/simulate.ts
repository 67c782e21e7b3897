import { Command, InvalidArgumentError, Option } from 'commander';
import { isProfileName, PROFILES, type ProfileName } from '@offpeak/engine';
import {
  ceilingOf,
  isPolicyName,
  lengthsOf,
  POLICIES,
  rateOf,
  readWorkload,
  simulateEach,
  type LabReport,
  type PolicyName,
  type Workload,
} from '@offpeak/lab';
import { Misuse } from '../exit.ts';
import { checkHtmlPlace, tell } from '../lab-output.ts';
import { count, positive, share } from '../options.ts';
import { ProgressBar } from '../progress-bar.ts';
import {
  interactiveOf,
  orMisuse,
  readFlexLengths,
  readTrace,
  withWorkloadOptions,
  type WorkloadOptions,
} from '../workload-options.ts';

interface SimulateVerbOptions extends WorkloadOptions {
  readonly flex?: string;
  readonly policy: readonly PolicyName[];
  readonly profile: string;
  readonly engines: number;
  readonly load?: number;
  readonly runs: number;
  readonly flexShare?: number;
}

export function simulateVerb(): Command {
  const verb = new Command('simulate').description(
    'Run traffic through the scheduler on modelled engines, and tell what flex wins and what the others notice of it.',
  );
  return withWorkloadOptions(verb)
    .option('--flex <file>', 'what fills the idle part: endless (the default), none, or a trace')
    .addOption(
      new Option('--policy <names>', 'one, several joined by commas to compare them, or all')
        .argParser(policies)
        .default(policies('offpeak'), 'offpeak'),
    )
    .addOption(
      new Option('--profile <name>', 'the GPU and model to behave like')
        .choices(Object.keys(PROFILES))
        .default('h100-8b'),
    )
    .option('--engines <number>', 'how many of them', count, 1)
    .option('--load <share>', 'scale the traffic so that interactive requests take this share of capacity', positive)
    .option(
      '--flex-share <share>',
      "the scheduler's knob, slo.flexShare of the configuration: how much of the room in a step flex may fill, 0 to 1",
      share,
    )
    .option('--runs <number>', 'repeat with as many seeds, from --seed on, and tell intervals', count, 1)
    .addHelpText('after', () => `\nPolicies:\n${policyLines()}`)
    .action(run);
}

async function run(options: SimulateVerbOptions): Promise<void> {
  const { policy, profile, runs, json, html, scale, load } = options;
  if (!isProfileName(profile)) throw new Misuse(`there is no profile ${profile}`);
  if (scale !== undefined && load !== undefined) {
    throw new Misuse('--scale and --load both say how much traffic there is; use one of them');
  }
  await checkHtmlPlace(html);
  const flex = await readFlex(options);
  const flexLengths = await readFlexLengths(options);
  const bar = new ProgressBar();
  const reports: LabReport[] = [];
  const notes = new Set<string>();
  const times = await density(options, profile);
  for (let index = 0; index < runs; index += 1) {
    const seed = options.seed + index;
    const workload = await readTrace({ ...options, seed }, times);
    for (const note of workload.notes ?? []) notes.add(note);
    const found = simulateEach(
      {
        workload,
        flex,
        profile,
        engines: options.engines,
        seed,
        slo: { ttftMs: options.sloTtft, tpotMs: options.sloTpot },
        ...(flexLengths === undefined ? {} : { flexLengths }),
        ...(options.flexShare === undefined ? {} : { flexShare: options.flexShare }),
        onProgress: (done) => {
          bar.update({ share: (index + done) / runs, label: `simulating ${policy.join(', ')}` });
        },
      },
      policy,
    );
    reports.push(...found);
  }
  bar.clear();
  const title = `${policy.length === 1 ? policy[0] : 'Policies'} on ${options.trace}`;
  await tell({ title, reports, notes: [...notes], json: json === true, html });
}

/** How many times as many requests `--load` or `--scale` want; the same for every seed. */
async function density(options: SimulateVerbOptions, profile: ProfileName): Promise<number> {
  const { load, scale = 1, engines, seed, sloTtft, sloTpot } = options;
  if (load === undefined) return scale;
  const interactive = interactiveOf(await readTrace(options, 1));
  if (interactive.requests.length === 0) throw new Misuse('--load scales interactive requests, and there are none');
  const slo = { ttftMs: sloTtft, tpotMs: sloTpot };
  const ceiling = ceilingOf(profile, lengthsOf(interactive), slo, seed);
  return (load * ceiling.requestsPerSecond * engines) / rateOf(interactive);
}

async function readFlex({ flex, tierMix }: SimulateVerbOptions): Promise<'endless' | Workload | null> {
  if (flex !== undefined && flex !== 'endless' && tierMix.endlessFlex) {
    throw new Misuse(`--flex ${flex} and flex=endless of --tier-mix contradict each other`);
  }
  if (flex === undefined || flex === 'endless') return 'endless';
  return flex === 'none' ? null : orMisuse(() => readWorkload(flex));
}

function policies(text: string): readonly PolicyName[] {
  if (text === 'all') return Object.keys(POLICIES).filter(isPolicyName);
  return text.split(',').map((word) => {
    const name = word.trim();
    if (!isPolicyName(name)) {
      throw new InvalidArgumentError(`${JSON.stringify(name)} is none of ${Object.keys(POLICIES).join(', ')}.`);
    }
    return name;
  });
}

function policyLines(): string {
  const width = Math.max(...Object.keys(POLICIES).map((name) => name.length));
  return Object.entries(POLICIES)
    .map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)
    .join('\n');
}
