import { Command, CommanderError } from 'commander';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, Failure, Misuse } from './exit.ts';
import { checkVerb } from './verbs/check.ts';
import { engineVerb } from './verbs/engine.ts';
import { keysVerb } from './verbs/keys.ts';
import { replayVerb } from './verbs/replay.ts';
import { serveVerb } from './verbs/serve.ts';
import { simulateVerb } from './verbs/simulate.ts';
import { usageVerb } from './verbs/usage.ts';
import { VERSION } from './version.ts';

const program = new Command('offpeak')
  .description('Service tiers for any LLM backend.')
  .version(VERSION)
  .showHelpAfterError('(offpeak VERB --help tells what is allowed)')
  .exitOverride();

for (const verb of [serveVerb(), engineVerb(), checkVerb(), keysVerb(), usageVerb(), simulateVerb(), replayVerb()]) {
  program.addCommand(verb.exitOverride());
  for (const sub of verb.commands) sub.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** 0 ok, 1 failed, 2 wrong use. Commander has already written what was wrong with the words themselves. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof Misuse || error instanceof Failure) {
    process.stderr.write(`offpeak: ${error.message}\n`);
    return error instanceof Misuse ? EXIT_USAGE : EXIT_FAILED;
  }
  process.stderr.write(`offpeak: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT_FAILED;
}
