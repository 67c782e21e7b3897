// CPU time and memory of a process with all its descendants, from the operating system's own accounting.
import { readFileSync, readdirSync } from 'node:fs';

/** A file under /proc that may vanish while it is read, because its process or thread has just ended. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function threadIds(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

export function processTree(rootPid: number): number[] {
  const pids = [rootPid];
  // `pids` grows while it is walked: children of children are found the same way.
  for (const pid of pids) {
    for (const thread of threadIds(pid)) {
      const children = readIfThere(`/proc/${pid}/task/${thread}/children`);
      for (const child of children.split(' ')) if (child !== '') pids.push(Number(child));
    }
  }
  return pids;
}

/**
 * CPU time in microseconds of every live thread of the tree, from `schedstat`, which counts nanoseconds where
 * `/proc/PID/stat` counts ticks of 10 ms. A thread that ends takes its time with it, so two readings are comparable only
 * while the same threads live: true of servers under steady load.
 */
export function treeCpuUs(rootPid: number): number {
  let cpuNs = 0;
  for (const pid of processTree(rootPid)) {
    for (const thread of threadIds(pid)) {
      cpuNs += Number(readIfThere(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0);
    }
  }
  return cpuNs / 1000;
}

export function treeResidentKb(rootPid: number): number {
  let residentKb = 0;
  for (const pid of processTree(rootPid)) {
    residentKb += Number(/^VmRSS:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0);
  }
  return residentKb;
}
