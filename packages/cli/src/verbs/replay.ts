import { Command } from 'commander';
import { FLEX_CONCURRENCY, replay, REPLAY_LIMITS, ReplayProblem, type LabReport } from '@offpeak/lab';
import { Failure, Misuse } from '../exit.ts';
import { checkHtmlPlace, tell } from '../lab-output.ts';
import { count, span } from '../options.ts';
import { ProgressBar } from '../progress-bar.ts';
import { untilSignal } from '../signals.ts';
import {
  readFlexLengths,
  readTrace,
  spanOption,
  withWorkloadOptions,
  type WorkloadOptions,
} from '../workload-options.ts';

interface ReplayVerbOptions extends WorkloadOptions {
  readonly baseUrl: string;
  readonly model?: string;
  readonly flexConcurrency: number;
  readonly alone?: true;
  readonly ceiling?: number;
  readonly warmUp?: number;
  readonly exactLengths?: true;
  readonly inFlightMax: number;
  readonly requestMax: number;
}

/** Not an option: what stands on a command line, others can read. */
const KEY_VARIABLE = 'OFFPEAK_API_KEY';

export function replayVerb(): Command {
  const verb = new Command('replay')
    .description('Send traffic to a server over HTTP, each request at its time, and measure what its tiers get.')
    .requiredOption('--base-url <url>', 'as an SDK wants it, such as http://127.0.0.1:8787/v1')
    .option('--model <name>', 'which to ask for (default: the first that the server names)');
  return withWorkloadOptions(verb)
    .option('--flex-concurrency <number>', 'endless flex requests in flight', count, FLEX_CONCURRENCY)
    .option('--alone', 'first the same traffic without flex, to compare with')
    .option('--ceiling <duration>', 'first flex alone, for so long: the ceiling that harvest is a share of', span)
    .option('--warm-up <duration>', 'leave requests out of the measurement that come before', span)
    .option('--exact-lengths', 'answers of exactly the lengths of the trace, with ignore_eos and min_tokens (vLLM)')
    .option(
      '--in-flight-max <number>',
      'leave a request out where so many are in flight',
      count,
      REPLAY_LIMITS.inFlightMax,
    )
    .addOption(spanOption('--request-max <duration>', 'give a request up after so long', '10m'))
    .addHelpText(
      'after',
      `\nThe API key is read from ${KEY_VARIABLE}. Ctrl-C stops, and tells what was measured until then.`,
    )
    .action(run);
}

async function run(options: ReplayVerbOptions): Promise<void> {
  await checkHtmlPlace(options.html);
  const workload = await readTrace(options, options.scale ?? 1);
  const flexLengths = await readFlexLengths(options);
  const { baseUrl, model, ceiling, warmUp } = options;
  const apiKey = process.env[KEY_VARIABLE];
  const stop = new AbortController();
  void untilSignal().then(() => {
    stop.abort();
  });
  const bar = new ProgressBar();
  const report = await replay({
    baseUrl,
    workload,
    flex: options.tierMix.endlessFlex ? 'endless' : null,
    flexConcurrency: options.flexConcurrency,
    alone: options.alone === true,
    exactLengths: options.exactLengths === true,
    slo: { ttftMs: options.sloTtft, tpotMs: options.sloTpot },
    seed: options.seed,
    limits: { inFlightMax: options.inFlightMax, requestMsMax: options.requestMax },
    signal: stop.signal,
    onProgress: ({ phase, share, sent, inFlight, completed, refused, failed }) => {
      const note = `${completed} done, ${inFlight} in flight, ${refused} refused, ${failed} failed`;
      bar.update({ share, label: phase, count: sent, note });
    },
    ...(model === undefined ? {} : { model }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(ceiling === undefined ? {} : { ceilingMs: ceiling }),
    ...(warmUp === undefined ? {} : { warmUpMs: warmUp }),
    ...(flexLengths === undefined ? {} : { flexLengths }),
  })
    .catch((error: unknown) => {
      if (!(error instanceof ReplayProblem)) throw error;
      throw error.at === 'options' ? new Misuse(error.message) : new Failure(error.message);
    })
    .finally(() => {
      bar.clear();
    });
  const title = `${options.trace} against ${baseUrl}`;
  await tell({
    title,
    reports: [report],
    notes: workload.notes ?? [],
    json: options.json === true,
    html: options.html,
  });
  judge(report);
}

/** The report is out; whether it is worth anything is in the exit code. */
function judge({ tiers, replay: facts }: LabReport): void {
  if (facts?.interrupted === true) throw new Failure('the replay was stopped before its end');
  const reports = Object.values(tiers);
  if (reports.some(({ completed }) => completed > 0)) return;
  const failures = Object.values(facts?.tiers ?? {}).flatMap((tier) =>
    Object.keys({ ...tier.failures, ...tier.refusals }),
  );
  throw new Failure(`no request was answered (${[...new Set(failures)].join(', ')})`);
}
