// One of the processes' threads that simulate: takes a run, answers with its record, takes the next.
import { parentPort, workerData } from 'node:worker_threads';
import type { RunSpec } from './cases.ts';
import { Runner, type RunnerSetup } from './runner.ts';

const port = parentPort!;
const runner = new Runner(workerData as RunnerSetup);
port.on('message', (spec: RunSpec) => {
  void runner.run(spec).then((record) => {
    port.postMessage(record);
  });
});
