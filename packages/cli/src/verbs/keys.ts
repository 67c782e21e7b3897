import { Command, InvalidArgumentError } from 'commander';
import { createKey, DEFAULT_PROJECT, listKeys, parseDuration, revokeKey } from '@offpeak/gateway';
import { Failure } from '../exit.ts';
import { dataFolder, withStore } from '../store.ts';
import { table } from '../table.ts';

interface Common {
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
}

export function keysVerb(): Command {
  const keys = new Command('keys').description(
    'Make, list and revoke API keys. A running server sees changes within a second.',
  );
  keys.addCommand(
    common(new Command('create'))
      .description('Make a key and print it. It is stored hashed: this is the only time that it can be seen.')
      .option('--project <name>', 'the project that pays', projectName, DEFAULT_PROJECT)
      .option('--name <text>', 'what the key is for')
      .option('--aws', 'print it as credentials for SDKs that sign requests, as the environment variables of AWS')
      .option('--expires <duration>', 'how long it is valid, such as 90d', duration)
      .action(create),
  );
  keys.addCommand(
    common(new Command('list'))
      .description('List keys without their secrets.')
      .option('--project <name>', 'only the keys of this project', projectName)
      .action(list),
  );
  keys.addCommand(
    common(new Command('revoke'))
      .description('Revoke a key for good.')
      .argument('<id>', 'as in the list')
      .action(revoke),
  );
  return keys;
}

function common(verb: Command): Command {
  return verb
    .option('--data <folder>', 'folder of the database')
    .option('--config <file>', 'configuration that names the folder')
    .option('--json', 'print JSON');
}

async function create(
  options: Common & { project: string; name?: string; expires?: number; aws?: true },
): Promise<void> {
  const data = await dataFolder(options);
  const now = Date.now();
  const created = await withStore(data, true, (store) =>
    createKey(store, options.project, {
      now,
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.expires === undefined ? {} : { expiresAt: now + options.expires }),
    }),
  );
  if (options.json === true) console.log(JSON.stringify(created));
  else {
    const { accessKeyId, secretAccessKey } = created.aws;
    if (options.aws === true) console.log(`AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}`);
    else console.log(created.key);
    process.stderr.write(`Key ${created.id} of project ${created.project}. Keep it: it cannot be shown again.\n`);
  }
}

async function list(options: Common & { project?: string }): Promise<void> {
  const data = await dataFolder(options);
  const found = await withStore(data, false, (store) => listKeys(store, Date.now(), options.project));
  if (options.json === true) {
    console.log(JSON.stringify(found));
    return;
  }
  const day = (ms: number | undefined): string => (ms === undefined ? '-' : new Date(ms).toISOString().slice(0, 16));
  console.log(
    table(
      ['ID', 'PROJECT', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED', 'NAME'],
      found.map((key) => [
        key.id,
        key.project,
        key.state,
        day(key.createdAt),
        day(key.expiresAt),
        day(key.lastUsedAt),
        key.name,
      ]),
    ),
  );
}

async function revoke(id: string, options: Common): Promise<void> {
  const data = await dataFolder(options);
  const revoked = await withStore(data, false, (store) => revokeKey(store, id, Date.now()));
  if (!revoked) throw new Failure(`there is no live key ${id}; \`offpeak keys list\` shows them`);
  console.log(options.json === true ? JSON.stringify({ id, revoked }) : `Key ${id} is revoked.`);
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('A duration such as 12h or 90d is needed.');
  return ms;
}

/** The same names that the configuration allows. */
function projectName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) {
    throw new InvalidArgumentError('Up to 64 letters, digits, dots, dashes and underscores are allowed.');
  }
  return text;
}
