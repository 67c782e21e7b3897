import type { LimitDenial, LimitKind } from '@offpeak/core';
import type { Problem, WireError } from '../problem.ts';
import { faultOf, headersOf, paramOf, type Fault } from '../words/fault.ts';
import { sentence } from '../words/sentence.ts';
import { geminiServedWord } from './tiers.ts';

/** Google's canonical codes; a status that is not here has the code of its class. */
const CODES: ReadonlyMap<number, string> = new Map([
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [405, 'UNIMPLEMENTED'],
  [408, 'DEADLINE_EXCEEDED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

interface Quota {
  readonly quotaMetric: string;
  readonly quotaId: string;
}

/** The names under which Google's own refusals tell these limits. */
const QUOTAS: Readonly<Record<LimitKind, Quota>> = {
  requestsPerMinute: quota('generate_content_requests', 'GenerateRequestsPerMinutePerProjectPerModel'),
  requestsPerDay: quota('generate_requests_per_model_per_day', 'GenerateRequestsPerDayPerProjectPerModel'),
  tokensPerMinute: quota('generate_content_input_token_count', 'GenerateContentInputTokensPerModelPerMinute'),
  tokensPerDay: quota('generate_content_input_token_count', 'GenerateContentInputTokensPerModelPerDay'),
};

function quota(metric: string, quotaId: string): Quota {
  return { quotaMetric: `generativelanguage.googleapis.com/${metric}`, quotaId };
}

/**
 * The SDK's error has no members but `status` and `message`, and its message is this body: what programs act on is in `details`. It
 * ignores `retry-after`, which is there for others. A wrong key is 401 here; Google answers 400 with the reason `API_KEY_INVALID`, and
 * 401 only to other credentials, but nobody takes a 401 for a mistake in the body.
 */
export function geminiProblem(problem: Problem): WireError {
  const fault = geminiFaultOf(problem);
  const headers = headersOf(problem);
  const message = sentence(problem, geminiServedWord);
  const error = {
    code: fault.status,
    message,
    status: CODES.get(fault.status) ?? (fault.status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL'),
    details: detailsOf(problem, fault, message, headers['retry-after-ms']),
  };
  return { status: fault.status, headers, body: JSON.stringify({ error }) };
}

/** The SDK throws what is under `error`, whatever else the event has. */
export function geminiStreamProblem(problem: Problem): Buffer {
  return Buffer.from(`data: ${geminiProblem(problem).body}\n\n`);
}

/** 429 is about a quota on this wire. That everybody together wants too much is 503, flex included. */
function geminiFaultOf(problem: Problem): Fault {
  const fault = faultOf(problem);
  return fault.blame === 'capacity' ? { ...fault, status: 503 } : fault;
}

function detailsOf(problem: Problem, fault: Fault, message: string, retryAfterMs: string | undefined): object[] {
  const details: object[] = [typed('ErrorInfo', { reason: fault.code, domain: 'offpeak' })];
  const param = paramOf(problem);
  if (param !== null) details.push(typed('BadRequest', { fieldViolations: [{ field: param, description: message }] }));
  if (problem.kind === 'limited') details.push(quotaFailure(problem.model, problem.denial));
  if (retryAfterMs !== undefined) details.push(typed('RetryInfo', { retryDelay: `${Number(retryAfterMs) / 1_000}s` }));
  return details;
}

function quotaFailure(model: string, denial: LimitDenial): object {
  const violation = {
    ...QUOTAS[denial.kind],
    quotaDimensions: { model, service_tier: geminiServedWord(denial.tier) },
    quotaValue: String(denial.limit),
  };
  return typed('QuotaFailure', { violations: [violation] });
}

function typed(name: string, members: object): object {
  return { '@type': `type.googleapis.com/google.rpc.${name}`, ...members };
}
