import { Command, InvalidArgumentError } from 'commander';
import { parseDuration, USAGE_DIMENSIONS, type UsageDimension, type UsageRow } from '@offpeak/gateway';
import { dataFolder, withStore } from '../store.ts';
import { table, type Cell } from '../table.ts';

interface UsageOptions {
  readonly by: readonly UsageDimension[];
  readonly since?: number;
  readonly project?: string;
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
}

const INCOMPLETE_HELP = `
INCOMPLETE counts requests for which a hosted provider may have charged more than COST USD says: it ran tools that are
charged by the call, read or made sound or pictures, left tokens uncounted, or its model has no known price.
`;

const NANO = 1e-9;
/** A flex answer of a few tokens costs far less than a cent. */
const USD_DIGITS = 6;

export function usageVerb(): Command {
  return new Command('usage')
    .description('What was asked for, what was served, and what it cost, from the ledger.')
    .option('--by <dimensions>', `group by any of ${USAGE_DIMENSIONS.join(',')}`, dimensions, ['tier'])
    .option('--since <duration>', 'only the last such time, for example 7d', since)
    .option('--project <name>', 'only this project')
    .option('--data <folder>', 'folder of the database')
    .option('--config <file>', 'configuration that names the folder')
    .option('--json', 'print JSON')
    .addHelpText('after', INCOMPLETE_HELP)
    .action(async (options: UsageOptions) => {
      const data = await dataFolder(options);
      const from = options.since === undefined ? undefined : Date.now() - options.since;
      const rows = await withStore(data, false, (store) =>
        store.usage({ by: options.by, from, project: options.project }),
      );
      if (options.json === true) console.log(JSON.stringify(rows.map(inDollars)));
      else
        console.log(
          table(
            [...options.by.map((name) => name.toUpperCase()), ...COLUMNS],
            rows.map((row) => cells(options.by, row)),
          ),
        );
    });
}

const COLUMNS = [
  'REQUESTS',
  'REFUSED',
  'FAILED',
  'CANCELLED',
  'INPUT',
  'CACHED',
  'OUTPUT',
  'WASTED',
  'EVICTIONS',
  'COST USD',
  'INCOMPLETE',
  'AS STANDARD',
  'SAVED',
];

function cells(by: readonly UsageDimension[], row: UsageRow): Cell[] {
  const usd = (nano: number): string => (nano * NANO).toFixed(USD_DIGITS);
  return [
    ...by.map((name) => row[name] ?? ''),
    row.requests,
    row.refused,
    row.failed,
    row.cancelled,
    row.inputTokens,
    row.cachedInputTokens,
    row.outputTokens,
    row.wastedTokens,
    row.evictions,
    usd(row.costNanoUsd),
    row.incompleteCosts,
    usd(row.standardCostNanoUsd),
    usd(row.savedNanoUsd),
  ];
}

function inDollars(row: UsageRow): object {
  const { costNanoUsd, standardCostNanoUsd, savedNanoUsd, ...rest } = row;
  return {
    ...rest,
    costUsd: costNanoUsd * NANO,
    standardCostUsd: standardCostNanoUsd * NANO,
    savedUsd: savedNanoUsd * NANO,
  };
}

function dimensions(text: string): readonly UsageDimension[] {
  return text.split(',').map((word) => {
    const name = USAGE_DIMENSIONS.find((dimension) => dimension === word.trim());
    if (name === undefined)
      throw new InvalidArgumentError(`Allowed are ${USAGE_DIMENSIONS.join(', ')}, joined by commas.`);
    return name;
  });
}

function since(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('A duration such as 24h or 7d is needed.');
  return ms;
}
