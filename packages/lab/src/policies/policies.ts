import { rankOf, shadowCapacity, type CapacityFactory, type CapacityModel, type Tier } from '@offpeak/core';
import { biased } from './biased.ts';
import { AimdRule, FillUp, HoldbackRule, SageServeRule, StaticCap } from './baselines.ts';
import type { PolicyName } from './names.ts';
import type { LabPolicy, PolicySetting } from './policy.ts';

/** The flex requests in flight per engine that the fixed limit allows unless it is told another number. */
export const STATIC_FLEX_MAX = 48;

/** Steps of the oracle may take this share of the TPOT limit while anybody interactive is in the engine. */
export const ORACLE_STEP_SHARE = 0.45;

/** Makes the named policy. */
export function policyOf(name: PolicyName, setting: PolicySetting): LabPolicy {
  const { slo, flexShare, maxNumSeqs, modelBias = 1, flexInFlightMax } = setting;
  switch (name) {
    case 'offpeak':
      return {
        scheduler: {
          capacity: biased(shadowCapacity({ slo, ...(flexShare === undefined ? {} : { flexShare }) }), modelBias),
        },
        enginePriority: priorityOf,
      };
    case 'static':
      return baseline((kv) => new StaticCap(kv, flexInFlightMax ?? STATIC_FLEX_MAX), priorityOf);
    case 'aimd':
      return baseline((kv) => new AimdRule(kv), priorityOf);
    case 'sageserve':
      return baseline((kv) => new SageServeRule(kv), priorityOf);
    case 'holdback':
      return baseline((kv) => new HoldbackRule(kv), priorityOf);
    case 'priority-only':
      return baseline((kv) => new FillUp(kv, maxNumSeqs), priorityOf);
    case 'fcfs':
      return baseline(
        (kv) => (flexInFlightMax === undefined ? new FillUp(kv, maxNumSeqs) : new StaticCap(kv, flexInFlightMax)),
        () => 0,
      );
    case 'oracle':
      // Flex queues inside the engine, whose scheduler decides.
      return {
        ...baseline((kv) => new StaticCap(kv, 2 * maxNumSeqs), priorityOf),
        coServing: { offlinePriority: rankOf('flex'), stepBudgetMs: ORACLE_STEP_SHARE * slo.tpotMs },
      };
  }
}

/** What the gateway writes into the engine's own priority field, lower first. */
function priorityOf(tier: Tier): number {
  return rankOf(tier);
}

/** None of them takes anything back once it runs. */
function baseline(
  capacity: (kvTokens: number) => CapacityModel,
  enginePriority: LabPolicy['enginePriority'],
): LabPolicy {
  const factory: CapacityFactory = ({ kvTokens = Infinity }) => capacity(kvTokens);
  return {
    scheduler: { capacity: factory, limits: { evictionsPerTicketMax: 0 } },
    enginePriority,
  };
}
