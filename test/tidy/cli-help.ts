import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Verbs } from './rules/commands.ts';
import { ROOT } from './tree.ts';

const run = promisify(execFile);

/** Asks the command line itself, as its users do. Runs on the sources, so that no stale build answers. */
async function helpOf(words: readonly string[]): Promise<string> {
  const file = join(ROOT, 'packages/cli/src/main.ts');
  const { stdout } = await run(process.execPath, ['--conditions=source', '--no-warnings', file, ...words, '--help']);
  return stdout;
}

export async function readVerbs(): Promise<Verbs> {
  const verbs = new Map<string, ReadonlySet<string>>();
  const top = await helpOf([]);
  await Promise.all(
    namesIn(top).map(async (verb) => {
      const help = await helpOf([verb]);
      verbs.set(verb, optionsIn(help));
      for (const sub of namesIn(help)) verbs.set(`${verb} ${sub}`, optionsIn(await helpOf([verb, sub])));
    }),
  );
  return verbs;
}

/** The list below `Commands:`. */
function namesIn(help: string): string[] {
  const list = help.split('Commands:\n')[1] ?? '';
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1]!).filter((name) => name !== 'help');
}

function optionsIn(help: string): Set<string> {
  return new Set([...help.matchAll(/--[a-z][a-z-]*/g)].map((match) => match[0]));
}
