import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from './harness.ts';

/** The command as it is published, built by `npm test` before the tests run. */
const MAIN = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

/** An `offpeak` process, with all that it has said. */
export class Offpeak {
  stdout = '';
  stderr = '';
  /** Null while it runs. */
  exitCode: number | null = null;
  signal: NodeJS.Signals | null = null;
  readonly #child: ChildProcess;

  constructor(args: readonly string[], options: { readonly cwd?: string; readonly env?: Record<string, string> } = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd,
      env: { PATH: process.env['PATH'], ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // `close` comes after the last output, `exit` may come before it.
    this.#child.on('close', (code, signal) => {
      this.exitCode = code ?? -1;
      this.signal = signal;
    });
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves to the exit code. */
  async ended(): Promise<number> {
    await until(() => this.exitCode !== null, `the process ends; it said ${this.stderr || this.stdout}`);
    return this.exitCode!;
  }

  /** Kills what is left of it. */
  async dispose(): Promise<void> {
    if (this.exitCode === null) this.send('SIGKILL');
    await this.ended();
  }

  /** The address that it says it listens on. */
  async url(): Promise<string> {
    const address = /(?:listening on|\) on) (http:\/\/\S+)/;
    await until(() => {
      if (this.exitCode !== null) throw new Error(`it ended with ${this.exitCode}: ${this.stderr}`);
      return address.test(this.stderr + this.stdout);
    }, 'the process listens');
    return address.exec(this.stderr + this.stdout)![1]!;
  }
}

/** Runs a verb to its end. */
export async function offpeak(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<Offpeak> {
  const process = new Offpeak(args, options);
  await process.ended();
  return process;
}
