import { cheapestTierFor } from '@offpeak/core';
import type { Problem, RequestFacts } from '@offpeak/dialects';
import type { Plan } from '../plans.ts';
import type { Receipt } from './receipt.ts';
import type { Services } from './services.ts';
import type { Terms } from './terms.ts';
import { OUTPUT_TOKENS_ASSUMED } from './ticket.ts';

/** The tiers that a request is tried at: by its deadline, by its session, or by its own word. */
export function planRequest(services: Services, receipt: Receipt, facts: RequestFacts, terms: Terms): Plan | Problem {
  const { project } = receipt.identity;
  const { mount } = receipt.target;
  if (terms.deadlineMs !== undefined) return planByDeadline(services, receipt, facts, terms, terms.deadlineMs);
  if (terms.session !== undefined && leavesChoice(terms.tier ?? facts.tierWord)) {
    const binding = services.sessions.get(project, terms.session, services.desk.now());
    if (binding !== undefined) {
      const plan = services.plans.planFor(project, mount.preset, binding.tier, terms);
      return 'kind' in plan ? plan : { ...plan, requested: binding.requested };
    }
  }
  if (terms.tier !== undefined) return services.plans.planFor(project, mount.preset, terms.tier, terms);
  return services.plans.plan(project, mount, facts.tierWord, terms);
}

/** A word that names a tier wins over the session's; the session goes on from there. */
function leavesChoice(word: string | null | undefined): boolean {
  return word === null || word === undefined || word === 'auto';
}

function planByDeadline(
  services: Services,
  receipt: Receipt,
  facts: RequestFacts,
  terms: Terms,
  deadlineMs: number,
): Plan | Problem {
  const { project } = receipt.identity;
  const { preset } = receipt.target.mount;
  const { scheduler } = services.desk;
  const at = services.desk.now();
  const outputTokens = facts.maxTokens ?? OUTPUT_TOKENS_ASSUMED;
  const options = services.plans.tiersOf(project).map((tier) => {
    const estimate = scheduler.estimate(receipt.model, tier, project, at);
    return {
      tier,
      priceMultiplier: services.plans.priceOf(project, preset, tier),
      predictedMs: estimate === null ? null : estimate.waitMs + estimate.runMs(outputTokens),
    };
  });
  const choice = cheapestTierFor(deadlineMs, options);
  if (!choice.ok) {
    const { predictedMs } = choice;
    return { kind: 'deadline-unreachable', deadlineMs, predictedMs, retryAfterMs: predictedMs - deadlineMs };
  }
  const plan = services.plans.planFor(project, preset, choice.tier, terms);
  if ('kind' in plan) return plan;
  // Waiting past the deadline would serve nobody.
  return {
    requested: 'auto',
    ladder: plan.ladder.map((rung) => ({ ...rung, patienceMs: Math.min(rung.patienceMs, deadlineMs) })),
  };
}
