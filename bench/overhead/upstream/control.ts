import { fileURLToPath } from 'node:url';
import { startPinned, type Child } from '../../lib/child.ts';

export type UpstreamOrder = { readonly kind: 'pace'; readonly tokensPerSecond: number } | { readonly kind: 'finish' };

export type UpstreamReport = { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'done' };

/** The parent's end of the fake upstream. Orders are given one at a time. */
export class Upstream {
  readonly port: number;
  #child: Child;

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(cpu: number): Promise<Upstream> {
    const program = fileURLToPath(new URL('./serve.ts', import.meta.url));
    const child = startPinned({ cpu, command: process.execPath, args: [program], ipc: true });
    const report = await nextReport(child);
    if (report.kind !== 'listening') throw new Error('The fake upstream spoke before it listened');
    return new Upstream(child, report.port);
  }

  /** Without the upstream no further figure means anything. */
  assertAlive(): void {
    if (this.#child.exited()) throw new Error(`The fake upstream ended: ${this.#child.lastWords()}`);
  }

  /** Tokens per second of each stream that starts from now on; only while no stream is open. */
  async setPace(tokensPerSecond: number): Promise<void> {
    await this.#order({ kind: 'pace', tokensPerSecond });
  }

  /** Ends all streams, with their usage. */
  async finishStreams(): Promise<void> {
    await this.#order({ kind: 'finish' });
  }

  async stop(): Promise<void> {
    await this.#child.stop(1_000);
  }

  async #order(order: UpstreamOrder): Promise<void> {
    const reported = nextReport(this.#child);
    this.#child.process.send(order);
    await reported;
  }
}

function nextReport(child: Child): Promise<UpstreamReport> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => {
      reject(new Error(`The fake upstream ended: ${child.lastWords()}`));
    };
    child.process.once('exit', onExit);
    child.process.once('message', (message) => {
      child.process.off('exit', onExit);
      resolve(message as UpstreamReport);
    });
  });
}
