import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { onEnd } from './cleanup.ts';
import { takePrecedence } from './precedence.ts';

/** What a failed child said last is in the error; more than this is of no use to a reader. */
const stderrCharsMax = 1_000;

export interface PinnedCommand {
  readonly cpu: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Opens a message channel, for children that are Node programs of the bench. */
  readonly ipc?: boolean;
}

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  exited(): boolean;
  lastWords(): string;
  /** Asks with SIGTERM, insists with SIGKILL after `patienceMs`, and returns when it is gone. */
  stop(patienceMs: number): Promise<void>;
}

/** The hard limit on open files: what a child may raise its own limit to without privileges. */
export function openFilesMax(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}

/**
 * Starts a command bound to one CPU and allowed to open as many files as this machine permits. `taskset` and `prlimit`
 * replace themselves with the command, so the pid is the command's own. The child leads a session of its own, so
 * that killing its group also takes its workers.
 */
export function startPinned({ cpu, command, args, env, ipc }: PinnedCommand): Child {
  const files = openFilesMax();
  const child = spawn('taskset', ['-c', String(cpu), 'prlimit', `--nofile=${files}:${files}`, '--', command, ...args], {
    detached: true,
    stdio: ipc === true ? ['ignore', 'ignore', 'pipe', 'ipc'] : ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  if (child.pid !== undefined) takePrecedence(child.pid);
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrCharsMax);
  });
  let gone = false;
  const killGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // The group has already ended.
    }
  };
  const forget = onEnd(() => {
    killGroup('SIGKILL');
  });
  const end = new Promise<void>((resolve) => {
    child.once('exit', () => {
      gone = true;
      resolve();
    });
    child.once('error', (error) => {
      stderr += error.message;
      gone = true;
      resolve();
    });
  });
  return {
    pid: child.pid ?? -1,
    process: child,
    exited: () => gone,
    lastWords: () => stderr.trim(),
    async stop(patienceMs) {
      if (!gone) child.kill('SIGTERM');
      await Promise.race([end, sleep(patienceMs, undefined, { ref: false })]);
      killGroup('SIGKILL');
      await end;
      forget();
    },
  };
}
