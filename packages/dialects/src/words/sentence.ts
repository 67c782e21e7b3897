import type { LimitKind, Tier } from '@offpeak/core';
import type { Problem } from '../problem.ts';
import { goDuration } from './duration.ts';

/** What a client sent is quoted up to here. */
const quoteCharsMax = 128;
/** An answer names this many models; the rest is for `GET /models`. */
const knownModelsMax = 20;

const LIMIT_WORDS: Record<LimitKind, string> = {
  requestsPerMinute: 'requests per min (RPM)',
  requestsPerDay: 'requests per day (RPD)',
  tokensPerMinute: 'tokens per min (TPM)',
  tokensPerDay: 'tokens per day (TPD)',
};

/**
 * What went wrong, where, and what is allowed or can be done, in one or two sentences. `wordOf` is the dialect's own word for a
 * tier.
 */
export function sentence(problem: Problem, wordOf: (tier: Tier) => string): string {
  switch (problem.kind) {
    case 'malformed-json':
      return `The request body is not valid JSON: ${problem.detail}.`;
    case 'invalid-value':
      return `Invalid value for '${problem.param}': ${problem.detail}.`;
    case 'invalid-header':
      return `Invalid header '${problem.header}': ${quote(problem.value)} was sent, allowed is ${problem.allowed}.`;
    case 'unknown-tier':
      return `Invalid service_tier: ${quote(problem.word)} is not one of ${problem.allowed.map(quote).join(', ')}.`;
    case 'tier-not-allowed':
      return `This project's requests may go up to service_tier ${quote(wordOf(problem.maxTier))}; ${quote(wordOf(problem.tier))} is above it.`;
    case 'tier-not-served':
      return `service_tier ${quote(wordOf(problem.tier))} is not served for ${problem.what}.`;
    case 'malformed-http':
      return 'The request is not valid HTTP.';
    case 'headers-too-large':
      return `The request's headers are larger than the ${problem.limitBytes} bytes that are accepted.`;
    case 'unsupported-media-type':
      return problem.received === ''
        ? 'The request body has no content-type; send application/json.'
        : `The request body is sent as ${quote(problem.received)}; only application/json is accepted.`;
    case 'unknown-path':
      return `There is nothing at ${problem.method} ${clip(problem.path)}. Check the base URL and the path after it.`;
    case 'method-not-allowed':
      return `${clip(problem.path)} does not take ${problem.method}; it takes ${problem.allowed}.`;
    case 'unknown-model':
      return `The model ${quote(problem.model)} is not served here. ${knownModels(problem.known)}`;
    case 'unauthenticated':
      return problem.detail;
    case 'body-too-large':
      return 'limitValues' in problem
        ? `The request body holds more than the ${problem.limitValues} JSON values, names included, that are accepted where a body has to be written anew for its upstream.`
        : `The request body is larger than the ${problem.limitBytes} bytes that are accepted.`;
    case 'headers-timeout':
      return `The request's headers did not arrive within ${goDuration(problem.limitMs)}.`;
    case 'body-timeout':
      return `The request body did not arrive within ${goDuration(problem.limitMs)}.`;
    case 'limited':
      return limited(problem, wordOf);
    case 'flex-unavailable': {
      const word = wordOf(problem.tier);
      const waited = problem.waitedMs < 1 ? 'now' : `within ${goDuration(problem.waitedMs)}`;
      return `No ${word} capacity was free for this request ${waited}. It was not charged. ${again(problem.retryAfterMs)}, or send it with service_tier '${wordOf('standard')}'.`;
    }
    case 'contended':
      return `All capacity for ${wordOf(problem.tier)} requests is in use${waitedFor(problem.waitedMs)}. ${again(problem.retryAfterMs)}.`;
    case 'no-capacity':
      return `No engine that serves the model ${quote(problem.model)} is up. ${again(problem.retryAfterMs)}.`;
    case 'queue-full':
      return `Too many requests are waiting already. ${again(problem.retryAfterMs)}.`;
    case 'deadline-unreachable':
      return `No tier can answer within the deadline of ${goDuration(problem.deadlineMs)}: the fastest is expected to take ${goDuration(problem.predictedMs)}. Allow more time, or try again in ${goDuration(problem.retryAfterMs)}.`;
    case 'batch-infeasible':
      return `With what waits already, this batch request would not be done within its window. It was not charged. ${again(problem.retryAfterMs)}, or allow more time.`;
    case 'batch-expired':
      return `The window of this batch request ended before there was capacity for it${waitedFor(problem.waitedMs)}. It was not charged. ${again(problem.retryAfterMs)}, or allow more time.`;
    case 'too-large-for-model':
      return `The request needs about ${problem.tokens} tokens for its prompt and answer together, more than any engine that serves ${quote(problem.model)} has room for. Shorten the prompt or lower the bound on the answer.`;
    case 'rejected-by-engine':
      return problem.message;
    case 'unsupported':
      return `'${problem.param}' cannot be passed on: the model ${quote(problem.model)} is served over the ${problem.wire} wire, and ${problem.detail}. Nothing was sent or charged.`;
    case 'untranslatable':
      return `'${problem.param}' only means something to its own provider, and the model ${quote(problem.model)} is served by another: ${problem.detail}. Nothing was sent or charged.`;
    case 'bad-signature':
      return problem.detail;
    case 'unknown-response':
      return `No stored response has the id ${quote(problem.id)}. It may have been deleted or have expired, or it was never stored.`;
    case 'upstream-credentials':
      if (problem.missing === true)
        return `There is no API key for the provider behind this model (${problem.upstream}): the gateway has none, and neither has this project. Whoever runs this gateway has to set one.`;
      return `The provider behind this model (${problem.upstream}) refused the API key that is configured for it. Whoever runs this gateway has to set a valid one.`;
    case 'upstream-exhausted':
      return `The account at the provider behind this model (${problem.upstream}) has nothing left to spend: ${problem.detail}. Whoever runs this gateway has to raise it.`;
    case 'upstream-failed':
      return `The engine behind this model (${problem.upstream}) failed: ${problem.detail}. The request can be sent again.`;
    case 'upstream-timeout':
      return `The engine behind this model (${problem.upstream}) did not answer within ${goDuration(problem.limitMs)}.`;
    case 'draining':
      return 'This server is shutting down and takes no new requests. Send the request again.';
    case 'internal':
      return "Something failed inside the gateway. The answer's x-request-id finds the reason in the server's log.";
  }
}

function limited(problem: Extract<Problem, { kind: 'limited' }>, wordOf: (tier: Tier) => string): string {
  const { model, project, denial } = problem;
  const { limit, used, requested } = denial;
  const where =
    problem.what === undefined
      ? `for model ${quote(model)} in project ${quote(project)}, service_tier ${quote(wordOf(denial.tier))}`
      : `for ${problem.what} in project ${quote(project)}`;
  const what = LIMIT_WORDS[denial.kind];
  if (denial.never) {
    return `Request too large ${where}, on ${what}: Limit ${limit}, Requested ${requested}. Waiting cannot help; make the request smaller.`;
  }
  return `Rate limit reached ${where}, on ${what}: Limit ${limit}, Used ${used}, Requested ${requested}. Please try again in ${inSeconds(denial.retryAfterMs)}.`;
}

/** As the providers write it here, and as clients read it out of the message: `5.289s`, whatever its length. */
function inSeconds(ms: number): string {
  return `${Math.ceil(ms) / 1_000}s`;
}

function again(retryAfterMs: number): string {
  return Number.isFinite(retryAfterMs) ? `Try again in ${goDuration(Math.max(1, retryAfterMs))}` : 'Try again later';
}

function waitedFor(waitedMs: number): string {
  return waitedMs < 1 ? '' : `; this one waited ${goDuration(waitedMs)}`;
}

function knownModels(known: readonly string[]): string {
  if (known.length === 0) return 'No model is served at the moment.';
  const named = known.slice(0, knownModelsMax).map(quote).join(', ');
  const more = known.length - knownModelsMax;
  return more > 0 ? `Served are ${named} and ${more} more, see GET /models.` : `Served: ${named}.`;
}

function quote(text: string): string {
  return `'${clip(text)}'`;
}

function clip(text: string): string {
  return text.length > quoteCharsMax ? `${text.slice(0, quoteCharsMax)}...` : text;
}
