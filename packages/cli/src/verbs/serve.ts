import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { GgufProblem, LlamaMissing } from '@offpeak/engine';
import {
  applyOverrides,
  createLogger,
  formatProblems,
  loadConfig,
  startGateway,
  StartRefused,
  watchConfig,
  type Config,
  type ConfigResult,
  type Gateway,
} from '@offpeak/gateway';
import { banner } from '../banner.ts';
import { Failure, Misuse } from '../exit.ts';
import { httpUrl, port } from '../options.ts';
import { untilSignal } from '../signals.ts';
import { CONFIG_FILE } from '../store.ts';

interface ServeOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly data?: string;
  readonly upstream?: readonly string[];
  readonly gguf?: string;
}

export function serveVerb(): Command {
  return new Command('serve')
    .description(
      'Run the gateway. Without any upstream it brings the simulated engine, so that there is something to talk to.',
    )
    .option('--config <file>', `configuration; ${CONFIG_FILE} is read if it is here`)
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default 8787)', port)
    .option('--data <folder>', 'folder of the database (default ./.offpeak)')
    .option('--upstream <url>', 'an OpenAI-compatible engine; may be given several times', httpUrl)
    .option('--gguf <file>', 'a GGUF model, run by llama.cpp in this process')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const file = options.config ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
  const load = (text: string): ConfigResult => {
    const loaded = loadConfig(text, { ...(file === undefined ? {} : { file }), env: process.env });
    if (!loaded.ok) return loaded;
    const { host, port: chosen, data, upstream } = options;
    return applyOverrides(loaded.config, { host, port: chosen, data, upstreams: upstream });
  };
  const loaded = load(file === undefined ? '' : await read(file));
  if (!loaded.ok) throw new Misuse(formatProblems(loaded.problems, file));
  const { config } = loaded;
  const logger = createLogger({ level: config.logs.level });
  const { gguf: model } = options;
  const gguf = model === undefined ? {} : { gguf: { file: model, home: process.env['OFFPEAK_LLAMA_HOME'] } };
  const gateway = await startGateway({ config, logger, ...gguf }).catch((error: unknown) => {
    if (error instanceof StartRefused || error instanceof GgufProblem) throw new Misuse(error.message);
    if (error instanceof LlamaMissing) throw new Failure(error.message);
    throw new Failure(`the server cannot start: ${(error as Error).message}`);
  });
  process.stderr.write(`${banner(gateway, config, file)}\n\n`);
  const watch = file === undefined ? null : watchFile(file, config, gateway, load, logger);
  await untilSignal();
  watch?.stop();
  await gateway.close();
}

function watchFile(
  file: string,
  current: Config,
  gateway: Gateway,
  load: (text: string) => ConfigResult,
  logger: ReturnType<typeof createLogger>,
): { stop(): void } {
  const watch = watchConfig({
    file,
    current,
    load,
    onChange: (config, restart) => {
      if (restart.length > 0) logger.warn({ settings: restart }, 'these settings change at the next start only');
      gateway.reload(config).catch((error: unknown) => {
        logger.error({ err: error }, 'the new configuration could not be put in force');
      });
    },
    onRefused: (problems) => {
      gateway.configRefused();
      logger.error({ problems: formatProblems(problems, file) }, 'the new configuration is refused; the old one stays');
    },
    onWatchLost: (error) => {
      logger.warn({ err: error }, 'changes of the file are no longer seen by themselves; send SIGHUP');
    },
  });
  process.on('SIGHUP', () => {
    watch.reload();
  });
  return watch;
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new Misuse(`${file} cannot be read: ${(error as Error).message}`);
  });
}
