// Whatever a bench starts or writes is gone when its process ends: normally, by an error, by Ctrl-C or by SIGTERM.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Undone in reverse order. Each must be synchronous, because it may run inside the `exit` event.
const undos = new Set<() => void>();
let installed = false;

/** Runs `undo` when the process ends. The returned function forgets it, for things that ended by themselves. */
export function onEnd(undo: () => void): () => void {
  if (!installed) {
    installed = true;
    process.on('exit', () => {
      for (const each of [...undos].reverse()) each();
    });
    for (const [signal, exitCode] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.on(signal, () => process.exit(exitCode));
    }
  }
  undos.add(undo);
  return () => undos.delete(undo);
}

export function temporaryDir(purpose: string): string {
  const dir = mkdtempSync(join(tmpdir(), `offpeak-bench-${purpose}-`));
  onEnd(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}
