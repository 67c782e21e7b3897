import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '../config/config.ts';
import { prettyLine } from './pretty.ts';
import { redact } from './redact.ts';

/** What waits for a standard output that nobody reads. Lines beyond are dropped: logs must never hold the server. */
const BUFFER_BYTES_MAX = 8 * 1024 * 1024;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Lines for people instead of JSON. By default where standard output is a terminal. */
  readonly pretty?: boolean;
  /** By default standard output. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines, with every line passed through `redact`. Fields and messages are written by us; bodies and prompts are never
 * logged, at any level.
 */
export function createLogger({ level, pretty, destination }: LoggerOptions): Logger {
  const human = pretty ?? (destination === undefined && process.stdout.isTTY);
  const sink = destination ?? pino.destination({ dest: 1, sync: human, maxLength: BUFFER_BYTES_MAX });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: human ? (line) => prettyLine(redact(line)) : redact },
    },
    sink,
  );
}

/** Waits until what was logged is written; for the end of the process. */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    logger.flush(() => {
      resolve();
    });
  });
}
