import { Command, Option } from 'commander';
import { isProfileName, PROFILES, startSimEngine } from '@offpeak/engine';
import { Failure } from '../exit.ts';
import { count, port, positive } from '../options.ts';
import { untilSignal } from '../signals.ts';

interface EngineOptions {
  readonly host: string;
  readonly port: number;
  readonly profile: string;
  readonly model: string;
  readonly speed: number;
  readonly maxNumSeqs: number;
}

export function engineVerb(): Command {
  return new Command('engine')
    .description('Run the simulated engine alone: OpenAI-compatible, with the timing of a real GPU and made-up text.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', port, 9000)
    .addOption(
      new Option('--profile <name>', 'the GPU and model to behave like')
        .choices(Object.keys(PROFILES))
        .default('h100-8b'),
    )
    .option('--model <name>', 'the name that it answers to', 'sim-8b')
    .option('--speed <factor>', 'times as fast as the real one', positive, 1)
    .option('--max-num-seqs <number>', 'requests that it runs at once', count, 256)
    .action(async (options: EngineOptions) => {
      const { profile } = options;
      if (!isProfileName(profile)) throw new Failure(`there is no profile ${profile}`);
      const engine = await startSimEngine({ ...options, profile }).catch((error: unknown) => {
        throw new Failure(`the engine cannot start: ${(error as Error).message}`);
      });
      console.log(`SIMULATED engine ${options.model} (${profile}, speed ${options.speed}) on ${engine.url}`);
      console.log('Its timing is modelled, its text is made up. Try it:');
      console.log(`  curl ${engine.url}/v1/chat/completions -H 'content-type: application/json' \\`);
      console.log(
        `    -d '{"model":"${options.model}","messages":[{"role":"user","content":"Hello"}],"max_tokens":16}'`,
      );
      await untilSignal();
      await engine.close();
    });
}
