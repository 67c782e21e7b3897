import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onEnd, temporaryDir } from '../lib/cleanup.ts';
import { SLO } from './settings.ts';

const program = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
/** How long a server may take until it listens, the gateway until an engine is up, and each until it is gone. */
const LIMITS = { listenMsMax: 60_000, readyMsMax: 20_000, stopMsMax: 5_000 } as const;
const POLL_MS = 50;
/** What a server that fails said last is in the error; more than this is of no use to a reader. */
const outputCharsMax = 2_000;
const ADDRESS = /(?:listening on|\) on) (http:\/\/\S+)/;

/** A process of the `offpeak` command that listens. It is gone when this process ends, however that comes about. */
export class Served {
  readonly #child: ChildProcess;
  readonly #forget: () => void;
  readonly #gone: Promise<void>;
  #output = '';
  #exited = false;
  url = '';

  private constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    if (!existsSync(program)) throw new Error('the offpeak command is not built; run: npm run build');
    this.#child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharsMax);
        this.url ||= ADDRESS.exec(this.#output)?.[1] ?? '';
      });
    }
    this.#gone = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#exited = true;
        resolve();
      });
    });
    this.#forget = onEnd(() => this.#child.kill('SIGKILL'));
  }

  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Served> {
    const served = new Served(args, env);
    try {
      await served.#until(() => served.url !== '', LIMITS.listenMsMax, `offpeak ${args[0]!} listens`);
    } catch (error) {
      await served.stop();
      throw error;
    }
    return served;
  }

  /** Answers are only worth measuring once it knows its engine. */
  async ready(): Promise<void> {
    const answered = async (): Promise<boolean> => {
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(LIMITS.readyMsMax) });
      return answer.ok;
    };
    await this.#until(answered, LIMITS.readyMsMax, 'the gateway is ready');
  }

  /** Asks it to end, insists after a while, and returns when it is gone. */
  async stop(): Promise<void> {
    if (!this.#exited) this.#child.kill('SIGTERM');
    await Promise.race([this.#gone, sleep(LIMITS.stopMsMax, undefined, { ref: false })]);
    if (!this.#exited) this.#child.kill('SIGKILL');
    await this.#gone;
    this.#forget();
  }

  async #until(holds: () => boolean | Promise<boolean>, msMax: number, what: string): Promise<void> {
    const end = performance.now() + msMax;
    while (!(await holds())) {
      const why = this.#exited ? 'it ended' : performance.now() > end ? `not within ${msMax} ms` : null;
      if (why !== null) throw new Error(`${what}: ${why}; it said: ${this.#output.trim()}`);
      await sleep(POLL_MS);
    }
  }
}

/** The gateway as it is shipped, in front of one engine. */
export async function startGateway(engineUrl: string, upstream: string): Promise<Served> {
  const folder = temporaryDir('gateway');
  const config = join(folder, 'offpeak.yaml');
  writeFileSync(
    config,
    `data: ${join(folder, 'data')}
listen: 127.0.0.1:0
auth: open
logs: { level: warn }
upstreams:
  - { name: engine, kind: engine, url: "${engineUrl}", models: auto, capacity: auto, ${upstream} }
slo: { ttft: ${SLO.ttftMs}ms, tpot: ${SLO.tpotMs}ms }
`,
  );
  const gateway = await Served.start(['serve', '--config', config]);
  try {
    await gateway.ready();
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  return gateway;
}
