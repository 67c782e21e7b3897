// npm run bench -- NAME [--json] [options of that bench]
// Exit codes: 0 it ran, 1 it failed, 2 wrong use.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchRun } from './lib/bench.ts';

const benchDir = fileURLToPath(new URL('.', import.meta.url));

function benchNames(): string[] {
  return readdirSync(benchDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${benchDir}${entry.name}/main.ts`))
    .map((entry) => entry.name)
    .sort();
}

async function main(argv: readonly string[]): Promise<number> {
  const names = benchNames();
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    console.log(
      `npm run bench -- NAME [--json] [--help]\n\nBenches: ${names.join(', ')}\nWhat each one does: bench/README.md`,
    );
    return 0;
  }
  if (!names.includes(name)) {
    console.error(`There is no bench named '${name}'. Benches: ${names.join(', ')}`);
    return 2;
  }
  const bench = (await import(`./${name}/main.ts`)) as { run: BenchRun };
  try {
    const exitCode = await bench.run({
      json: rest.includes('--json'),
      argv: rest.filter((argument) => argument !== '--json'),
    });
    return exitCode ?? 0;
  } catch (error) {
    const failure = error as Error;
    if (failure.name === 'WrongUse') {
      console.error(failure.message);
      return 2;
    }
    console.error(failure.stack ?? String(failure));
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
