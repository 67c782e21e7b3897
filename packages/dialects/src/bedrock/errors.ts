import type { Problem, WireError } from '../problem.ts';
import { headersOf } from '../words/fault.ts';
import { sentence } from '../words/sentence.ts';
import { exceptionHead } from './event-stream/head.ts';
import { frameOf } from './event-stream/frame.ts';
import { exceptionOf, streamExceptionOf } from './exceptions.ts';
import { bedrockServedWord } from './tiers.ts';

/** The exception's name is told twice, as AWS does: some clients read the header, some the body. */
export function bedrockProblem(problem: Problem): WireError {
  const { status, name } = exceptionOf(problem);
  return {
    status,
    headers: { 'x-amzn-errortype': name, ...hintsOf(problem) },
    body: JSON.stringify({ message: messageOf(problem), __type: name }),
  };
}

/** The SDK throws it out of the loop over the stream. */
export function bedrockStreamProblem(problem: Problem): Buffer {
  return frameOf(exceptionHead(streamExceptionOf(problem)), JSON.stringify({ message: messageOf(problem) }));
}

function messageOf(problem: Problem): string {
  return sentence(problem, bedrockServedWord);
}

/** AWS's own hint is in milliseconds, and the SDK takes the first that it meets; `retry-after` is for everybody else. */
function hintsOf(problem: Problem): Record<string, string> {
  const { 'retry-after-ms': ms, ...hints } = headersOf(problem);
  return ms === undefined ? hints : { 'x-amz-retry-after': ms, ...hints };
}
