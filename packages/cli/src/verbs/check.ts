import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { formatProblems, loadConfig } from '@offpeak/gateway';
import { Misuse } from '../exit.ts';

export function checkVerb(): Command {
  return new Command('check')
    .description('Check a configuration file without starting anything.')
    .argument('<file>', 'the configuration, such as offpeak.yaml')
    .option('--json', 'print what was found as JSON')
    .action(async (file: string, options: { json?: true }) => {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new Misuse(`${file} cannot be read: ${(error as Error).message}`);
      });
      const loaded = loadConfig(text, { file, env: process.env });
      if (options.json === true) {
        console.log(JSON.stringify(loaded.ok ? { ok: true } : { ok: false, problems: loaded.problems }));
        if (!loaded.ok) throw new Misuse(`${file} is not a valid configuration`);
        return;
      }
      if (!loaded.ok) throw new Misuse(formatProblems(loaded.problems, file));
      const { upstreams, projects, models } = loaded.config;
      console.log(
        `${file} is valid: ${upstreams.length} upstreams, ${models.length} named models, ${projects.length} projects.`,
      );
    });
}
