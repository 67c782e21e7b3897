import { readFileSync, writeFileSync } from 'node:fs';
import { onEnd } from './cleanup.ts';

/**
 * Linux shares each CPU first between sessions (autogroups) and only then between processes, so `nice` does not reach
 * across them. Whatever else runs on the machine would otherwise take half of a measured core. Only root may ask for it;
 * without it, or on a kernel without autogroups, the figures are merely noisier.
 */
const measuredNice = -19;

export function takePrecedence(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(measuredNice));
  } catch {
    // Not permitted, no such kernel feature, or the process has already ended.
  }
}

/** This process shares its session with the shell that started it, which gets back what it had. */
export function takePrecedenceUntilEnd(): void {
  try {
    const file = '/proc/self/autogroup';
    const before = /nice (-?\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '0';
    writeFileSync(file, String(measuredNice));
    onEnd(() => {
      writeFileSync(file, before);
    });
  } catch {
    // As above.
  }
}
