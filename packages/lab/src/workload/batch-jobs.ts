import { chatHistoryLengths, lengthSourceOf, type LengthSource } from './generate/lengths.ts';
import { checkNumber, WorkloadProblem } from './problem.ts';
import { Random } from './random.ts';
import { TRACE_LIMITS } from './trace-limits.ts';
import type { LabRequest, Lengths, Workload } from './workload.ts';

export interface BatchJobs {
  readonly count: number;
  /** Requests in each. */
  readonly size: number;
  /** From a job's submission to its deadline. */
  readonly windowMs: number;
  /** Jobs are submitted at random moments from the start to here; default 0, all of them at the start. */
  readonly submittedWithinMs?: number;
  /** Default long chats, as of `EndlessFlex`. */
  readonly lengths?: Lengths | LengthSource;
  /** Jobs belong to as many projects as there are names, in turn; default none. */
  readonly projects?: readonly string[];
  readonly seed?: number;
}

const BATCH_STREAM = 31;

/** Batch requests: all of a job arrive when it is submitted and share its deadline. Merge them with other traffic. */
export function batchJobs(jobs: BatchJobs): Workload {
  const { count, size, windowMs, submittedWithinMs = 0, lengths = chatHistoryLengths, projects = [], seed = 1 } = jobs;
  checkNumber('the number of jobs', count, { min: 1 });
  checkNumber('the size of a job', size, { min: 1 });
  checkNumber('windowMs', windowMs, { above: 0 });
  checkNumber('submittedWithinMs', submittedWithinMs, { min: 0, max: TRACE_LIMITS.traceMsMax });
  if (!Number.isInteger(count) || !Number.isInteger(size) || count * size > TRACE_LIMITS.requestsMax) {
    throw new WorkloadProblem(
      `${count} jobs of ${size} requests; expected whole numbers that make at most ${TRACE_LIMITS.requestsMax} requests (requestsMax)`,
    );
  }
  const source = lengthSourceOf(lengths);
  const random = new Random(seed, BATCH_STREAM);
  const submissions = Array.from({ length: count }, () => random.unit() * submittedWithinMs).sort((a, b) => a - b);
  const requests = submissions.flatMap((atMs, job) => {
    const project = projects[job % Math.max(1, projects.length)];
    const shared = { tier: 'batch', deadlineMs: atMs + windowMs, ...(project !== undefined && { project }) } as const;
    return Array.from({ length: size }, (): LabRequest => {
      const { inputTokens, outputTokens } = source.draw(random);
      return { atMs, inputTokens, outputTokens, ...shared };
    });
  });
  return {
    title: `${count} batch jobs of ${size}`,
    source: `batch jobs, seed ${seed}, ${source.title}`,
    requests,
    durationMs: submittedWithinMs,
  };
}
