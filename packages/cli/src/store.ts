import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DATABASE_FILE, formatProblems, loadConfig, openSqliteStore, type Store } from '@offpeak/gateway';
import { Failure, Misuse } from './exit.ts';

export const CONFIG_FILE = 'offpeak.yaml';
export const DATA_FOLDER = './.offpeak';

/** Where the database is: `--data`, else what the configuration says, else the default. */
export async function dataFolder(options: { readonly data?: string; readonly config?: string }): Promise<string> {
  if (options.data !== undefined) return resolve(options.data);
  const file = options.config ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
  if (file === undefined) return resolve(DATA_FOLDER);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Misuse(`${file} cannot be read: ${(error as Error).message}`);
  });
  const loaded = loadConfig(text, { file, env: process.env });
  if (!loaded.ok) throw new Misuse(formatProblems(loaded.problems, file));
  return loaded.config.data;
}

/** Opens the store for one verb and closes it whatever happens. `make`: a missing database is made instead of refused. */
export async function withStore<T>(data: string, make: boolean, work: (store: Store) => Promise<T>): Promise<T> {
  if (!make && !existsSync(join(data, DATABASE_FILE))) {
    throw new Failure(`there is no database in ${data}; name its folder with --data, or start a server there first`);
  }
  const store = openSqliteStore(data);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
