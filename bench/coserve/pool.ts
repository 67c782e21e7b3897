import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { runName, trafficName, type RunSpec } from './cases.ts';
import type { RunRecord } from './records.ts';
import type { RunnerSetup } from './runner.ts';

/** Carries out all runs, one at a time on each core; those of one traffic on the same core, which then makes it once. Fails with the first that fails. */
export async function runAll(
  specs: readonly RunSpec[],
  setup: RunnerSetup,
  onRecord: (record: RunRecord) => void,
): Promise<void> {
  const queue = [...Map.groupBy(specs, trafficName).values()];
  const workers = Array.from({ length: Math.min(availableParallelism(), queue.length) }, () => {
    return new Worker(new URL('./worker.ts', import.meta.url), { workerData: setup });
  });
  try {
    await Promise.all(workers.map((worker) => emptied(worker, queue, onRecord)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Gives one worker run after run until there are none. */
function emptied(worker: Worker, queue: (readonly RunSpec[])[], onRecord: (record: RunRecord) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let mine: readonly RunSpec[] = [];
    const next = (): void => {
      if (mine.length === 0) mine = queue.shift() ?? [];
      if (mine.length === 0) resolve();
      else worker.postMessage(mine[0]);
    };
    worker.on('message', (record: RunRecord) => {
      onRecord(record);
      mine = mine.slice(1);
      next();
    });
    const fail = (why: Error): void => {
      // The others stop at the end of what each is at.
      queue.length = 0;
      reject(new Error(`${mine[0] === undefined ? 'A worker' : runName(mine[0])}: ${why.message}`, { cause: why }));
    };
    worker.on('error', fail);
    worker.on('exit', (code) => {
      if (code !== 0) fail(new Error(`its thread ended with ${code}`));
    });
    next();
  });
}
