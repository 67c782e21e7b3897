import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TestContext } from 'vitest';

/** Public traces are large and have licenses of their own, so they lie beside the repository, where somebody has put them there. */
const FOLDER = process.env['OFFPEAK_TRACES'] ?? resolve(import.meta.dirname, '../../../../../../shared/traces');

/** The path of a public trace; without it the test is skipped, and says why. */
export function publicTrace(context: TestContext, name: string): string {
  const path = resolve(FOLDER, name);
  context.skip(!existsSync(path), `there is no ${name} in OFFPEAK_TRACES (${FOLDER})`);
  return path;
}
