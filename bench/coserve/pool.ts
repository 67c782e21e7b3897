import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { runName, type RunSpec } from './cases.ts';
import type { RunRecord } from './records.ts';
import type { RunnerSetup } from './runner.ts';

/** Carries out all runs, one at a time on each core. Fails with the first run that fails. */
export async function runAll(
  specs: readonly RunSpec[],
  setup: RunnerSetup,
  onRecord: (record: RunRecord) => void,
): Promise<void> {
  const queue = [...specs];
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
function emptied(worker: Worker, queue: RunSpec[], onRecord: (record: RunRecord) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let current: RunSpec | undefined;
    const next = (): void => {
      current = queue.shift();
      if (current === undefined) resolve();
      else worker.postMessage(current);
    };
    worker.on('message', (record: RunRecord) => {
      onRecord(record);
      next();
    });
    const fail = (why: Error): void => {
      // The others stop at the end of the run that each is at.
      queue.length = 0;
      reject(new Error(`${current === undefined ? 'A worker' : runName(current)}: ${why.message}`, { cause: why }));
    };
    worker.on('error', fail);
    worker.on('exit', (code) => {
      if (code !== 0) fail(new Error(`its thread ended with ${code}`));
    });
    next();
  });
}
