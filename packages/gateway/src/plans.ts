import {
  grantsFor,
  PRESETS,
  rankOf,
  resolveLadder,
  TIERS,
  type LimitGrant,
  type Rung,
  type Tier,
  type TierPreset,
  type TierRules,
} from '@offpeak/core';
import { resolveTierWord, type Dialect, type Problem } from '@offpeak/dialects';
import { projectNamed, type Config, type PresetName, type ProjectConfig } from './config/config.ts';
import type { Terms } from './http/terms.ts';

/** What a request asked for and the tiers it is tried at. */
export interface Plan {
  readonly requested: Tier | 'auto';
  readonly ladder: readonly Rung[];
}

/** Projects that only exist in the store are made from the defaults; more than this are made anew each time. */
const PROJECTS_KEPT_MAX = 10_000;
/** Words of one project: every dialect's vocabulary fits in, made-up words are refused and never kept. */
const PLANS_KEPT_MAX = 64;

interface Kept {
  readonly project: ProjectConfig;
  readonly grants: Readonly<Record<Tier, LimitGrant | null>>;
  readonly plans: Map<string, Plan>;
}

/**
 * From a project, a mount and a word to a plan. A plan without headers is the same for every request, so it is made once and
 * kept until the configuration changes.
 */
export class Plans {
  #config: Config;
  #kept = new Map<string, Kept>();
  #ownKeys: ReadonlySet<string>;
  #keysOfSeveral: ReadonlySet<string>;

  constructor(config: Config) {
    this.#config = config;
    this.#ownKeys = ownKeysIn(config);
    this.#keysOfSeveral = keysOfSeveralIn(config);
  }

  use(config: Config): void {
    this.#config = config;
    this.#ownKeys = ownKeysIn(config);
    this.#keysOfSeveral = keysOfSeveralIn(config);
    this.#kept = new Map();
  }

  plan(
    project: string,
    mount: { readonly dialect: Dialect; readonly preset: PresetName },
    word: string | null | undefined,
    terms: Terms,
  ): Plan | Problem {
    const { plans } = this.#keptOf(project);
    const usual = terms.maxWaitMs === undefined && terms.onUnavailable === undefined;
    const key = `${mount.preset} ${word ?? ''}`;
    const known = usual ? plans.get(key) : undefined;
    if (known !== undefined) return known;
    const request = resolveTierWord(mount.dialect, word);
    if (typeof request === 'object') return request;
    const plan = this.planFor(project, mount.preset, request, terms);
    if (usual && !('kind' in plan) && plans.size < PLANS_KEPT_MAX) plans.set(key, plan);
    return plan;
  }

  planFor(project: string, mountPreset: PresetName, request: Tier | 'auto' | 'unset', terms: Terms): Plan | Problem {
    const { project: settings } = this.#keptOf(project);
    const preset = this.#preset(mountPreset);
    const resolved = resolveLadder({
      ...(request === 'unset' ? {} : { requested: request }),
      auto: preset.auto,
      rules: rulesOf(settings, preset),
      project: settings,
      onUnavailable: terms.onUnavailable ?? settings.onUnavailable,
      ...(terms.maxWaitMs === undefined ? {} : { maxWaitMs: atMost(terms.maxWaitMs, settings.maxWaitMs) }),
    });
    if (!resolved.ok) return { kind: 'tier-not-allowed', tier: resolved.tier, maxTier: resolved.maxTier };
    const { ladder } = resolved;
    return { requested: request === 'unset' ? ladder[0]!.tier : request, ladder };
  }

  /** How long a provider may work on a request of the tier; undefined: as long as is usual with it. */
  timeoutOf(project: string, tier: Tier): number | undefined {
    return this.#keptOf(project).project.tiers[tier].timeoutMs;
  }

  /** The project's own key at a provider; undefined: the operator pays there. */
  providerKeyOf(project: string, upstream: string): string | undefined {
    const { providerKeys } = this.#keptOf(project).project;
    return Object.hasOwn(providerKeys, upstream) ? providerKeys[upstream] : undefined;
  }

  lookupsPerMinuteOf(project: string): number {
    return this.#keptOf(project).project.lookupsPerMinute;
  }

  /** Some project pays for itself at this upstream. */
  hasOwnKeys(upstream: string): boolean {
    return this.#ownKeys.has(upstream);
  }

  /** More than one project has it as its own key at this upstream. */
  isKeyOfSeveral(upstream: string, key: string): boolean {
    return this.#keysOfSeveral.has(keyAt(upstream, key));
  }

  /** The tiers of single requests that the project may have. */
  tiersOf(project: string): Tier[] {
    const { maxTier } = this.#keptOf(project).project;
    return TIERS.filter((tier) => tier !== 'batch' && rankOf(tier) >= rankOf(maxTier));
  }

  /** Times the model's price. */
  priceOf(project: string, mountPreset: PresetName, tier: Tier): number {
    return this.#keptOf(project).project.tiers[tier].price ?? this.#preset(mountPreset).tiers[tier].priceMultiplier;
  }

  /**
   * The same for what a hosted provider answered: its rules hold, whichever preset is in force and whichever wire the client speaks.
   * `exception`: what its price list says of the model itself.
   */
  providerPriceOf(project: string, provider: PresetName, tier: Tier, exception?: number): number {
    return (
      this.#keptOf(project).project.tiers[tier].price ?? exception ?? PRESETS[provider].tiers[tier].priceMultiplier
    );
  }

  /** Limits hang on the project whichever mount a request comes by, so that two wires do not make two allowances. */
  limitsOf(project: string, tier: Tier): LimitGrant | null {
    return this.#keptOf(project).grants[tier];
  }

  #preset(mountPreset: PresetName): TierPreset {
    return PRESETS[this.#config.preset ?? mountPreset];
  }

  #keptOf(name: string): Kept {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const project = projectNamed(this.#config, name);
    const stated = TIERS.filter((tier) => Object.keys(project.tiers[tier].limits).length > 0);
    const limits = Object.fromEntries(stated.map((tier) => [tier, project.tiers[tier].limits]));
    const made: Kept = { project, grants: grantsFor(limits, this.#preset('openai').tiers), plans: new Map() };
    if (this.#kept.size < PROJECTS_KEPT_MAX) this.#kept.set(name, made);
    return made;
  }
}

function ownKeysIn({ projects }: Config): ReadonlySet<string> {
  return new Set(projects.flatMap(({ providerKeys }) => Object.keys(providerKeys)));
}

function keysOfSeveralIn({ projects }: Config): ReadonlySet<string> {
  const once = new Set<string>();
  const again = new Set<string>();
  for (const { providerKeys } of projects) {
    for (const [upstream, key] of Object.entries(providerKeys)) {
      const at = keyAt(upstream, key);
      (once.has(at) ? again : once).add(at);
    }
  }
  return again;
}

/** Names of upstreams have no spaces. */
function keyAt(upstream: string, key: string): string {
  return `${upstream} ${key}`;
}

/** The preset's rules with what the configuration says instead. */
function rulesOf(settings: ProjectConfig, preset: TierPreset): TierRules {
  const rules = TIERS.map((tier) => {
    const stated = settings.tiers[tier].patienceMs ?? preset.tiers[tier].patienceMs;
    return [tier, { ...preset.tiers[tier], patienceMs: atMost(stated, settings.maxWaitMs) }] as const;
  });
  return Object.fromEntries(rules) as TierRules;
}

function atMost(ms: number, maxMs: number | undefined): number {
  return maxMs === undefined ? ms : Math.min(ms, maxMs);
}
