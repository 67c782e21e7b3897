import type { Problem, WireError } from '../problem.ts';
import { faultOf, headersOf, paramOf, type Blame, type Fault } from '../words/fault.ts';
import { sentence } from '../words/sentence.ts';
import { anthropicClientWord } from './tiers.ts';

const OVERLOADED = 529;

const TYPES: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [OVERLOADED, 'overloaded_error'],
]);

const OTHERS: Readonly<Record<Blame, string>> = {
  client: 'invalid_request_error',
  capacity: 'overloaded_error',
  server: 'api_error',
};

/** The code that programs compare is in `details.error_code`, where the SDK's `errorCode` comes from. The request's id is in a header. */
export function anthropicProblem(problem: Problem): WireError {
  const { status, blame, code } = anthropicFaultOf(problem);
  const param = paramOf(problem);
  const error = {
    type: TYPES.get(status) ?? OTHERS[blame],
    message: sentence(problem, anthropicClientWord),
    details: { error_code: code, ...(param === null ? {} : { param }) },
  };
  return {
    status,
    headers: headersOf(problem),
    body: JSON.stringify({ type: 'error', error, request_id: null }),
  };
}

/** The SDK throws it. An event without its name would be skipped. */
export function anthropicStreamProblem(problem: Problem): Buffer {
  return Buffer.from(`event: error\ndata: ${anthropicProblem(problem).body}\n\n`);
}

/** 429 is for a client's own limits; that everybody together wants too much is 529 here. */
function anthropicFaultOf(problem: Problem): Fault {
  const fault = faultOf(problem);
  if (fault.blame === 'capacity' || problem.kind === 'queue-full') {
    return { ...fault, status: OVERLOADED, blame: 'capacity' };
  }
  return fault;
}
