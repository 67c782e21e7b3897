import type { ParseArgsOptionsConfig } from 'node:util';
import { isProfileName, PROFILES, type ProfileName } from '@offpeak/engine';
import { isPolicyName, POLICIES, type PolicyName } from '@offpeak/lab';
import { flagsOf, listed, numbers, wholeNumbers } from '../lib/flags.ts';
import { WrongUse } from '../lib/wrong-use.ts';
import { ENGINES, LOADS, SUBSET, TRACE_NAMES } from './cases.ts';
import { PARTS, type Wish } from './plan.ts';

const POLICY_NAMES: readonly PolicyName[] = Object.keys(POLICIES).filter(isPolicyName);
const SEEDS = 5;
/** Of Offpeak's knob, and of the static limit: from hardly any flex to more than the SLO bears. */
const SHARES = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5];
const STATIC_LIMITS = [8, 16, 32, 48, 64, 96];
const QUICK = { shares: [0.1, 0.25, 0.4], staticLimits: [16, 48] } as const;
const BOUNDS = {
  engines: { min: 1, max: 64 },
  loads: { min: 0.01, max: 1.5 },
  seeds: { min: 1, max: 100 },
  share: { min: 0.01, max: 1 },
} as const;

export const usage: string = `npm run bench -- coserve [options]

  --policies NAMES  of: ${POLICY_NAMES.join(', ')} (default: all; the oracle always runs)
  --traces NAMES    of: ${TRACE_NAMES.join(', ')} (default: all)
  --engines N[,N]   how many engines (default: ${ENGINES.join(',')})
  --loads X[,X]     interactive load as a share of capacity (default: ${LOADS.join(',')})
  --seeds N         seeds of each case (default: ${SEEDS})
  --share X[,X]     Offpeak's knob flexShare; one: for everything, several: the points of the frontier
  --profile NAME    of: ${Object.keys(PROFILES).join(', ')} (default: h100-8b)
  --parts NAMES     of: ${PARTS.join(', ')} (default: all)
  --quick           one seed, 1 and 4 engines, conversation and diurnal
  --html FILE       also write a page, with all policies in each case
  --out FILE        also write every run as JSON
  --from FILE       run nothing, tell what --out wrote
  --json            print the figures as JSON

NAMES are separated by commas.`;

export interface CoserveOptions {
  readonly wish: Wish;
  readonly profile: ProfileName;
  readonly html?: string;
  readonly out?: string;
  readonly from?: string;
}

interface Flags {
  policies?: string;
  traces?: string;
  engines?: string;
  loads?: string;
  seeds?: string;
  share?: string;
  profile?: string;
  parts?: string;
  quick?: boolean;
  html?: string;
  out?: string;
  from?: string;
  help?: boolean;
}

const flagOptions: ParseArgsOptionsConfig = {
  policies: { type: 'string' },
  traces: { type: 'string' },
  engines: { type: 'string' },
  loads: { type: 'string' },
  seeds: { type: 'string' },
  share: { type: 'string' },
  profile: { type: 'string' },
  parts: { type: 'string' },
  quick: { type: 'boolean' },
  html: { type: 'string' },
  out: { type: 'string' },
  from: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

/** Undefined when the help was asked for. */
export function parseOptions(argv: readonly string[]): CoserveOptions | undefined {
  const flags = flagsOf<Flags>(argv, flagOptions, usage);
  if (flags.help === true) return undefined;
  const { profile = 'h100-8b', quick = false, html, out, from } = flags;
  if (!isProfileName(profile)) {
    throw new WrongUse(`--profile knows no '${profile}'; allowed: ${Object.keys(PROFILES).join(', ')}`);
  }
  return {
    wish: wishOf(flags, quick),
    profile,
    ...(html === undefined ? {} : { html }),
    ...(out === undefined ? {} : { out }),
    ...(from === undefined ? {} : { from }),
  };
}

function wishOf(flags: Flags, quick: boolean): Wish {
  const shares = numbers(flags.share, '--share', BOUNDS.share) ?? [];
  const seeds = wholeNumbers(flags.seeds, '--seeds', BOUNDS.seeds) ?? [quick ? 1 : SEEDS];
  if (seeds.length !== 1) throw new WrongUse(`--seeds takes how many there are, not '${flags.seeds ?? ''}'`);
  return {
    parts: listed(flags.parts, '--parts', PARTS),
    policies: listed(flags.policies, '--policies', POLICY_NAMES),
    traces: flags.traces === undefined && quick ? SUBSET.traces : listed(flags.traces, '--traces', TRACE_NAMES),
    engines: wholeNumbers(flags.engines, '--engines', BOUNDS.engines) ?? (quick ? SUBSET.engines : ENGINES),
    loads: numbers(flags.loads, '--loads', BOUNDS.loads) ?? LOADS,
    seeds: seeds[0]!,
    ...(shares.length === 1 && { flexShare: shares[0]! }),
    shares: shares.length > 1 ? shares : quick ? QUICK.shares : SHARES,
    staticLimits: quick ? QUICK.staticLimits : STATIC_LIMITS,
  };
}
