import { TIERS } from '@offpeak/core';
import { TraceProblem } from '../problem.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';
import type { LabRequest } from '../workload.ts';
import type { TraceFormat } from './format.ts';
import { jsonFormat, type JsonRow } from './json.ts';
import type { Row } from './row.ts';

const PROJECT_CHARS_MAX = 200;

/** Every field of a request has its reader here, so a new one cannot be forgotten. */
const FIELDS: { readonly [Name in keyof Required<LabRequest>]: (row: JsonRow, request: Row) => void } = {
  atMs: (row, request) => (request.atMs = row.decimal('atMs', 0, TRACE_LIMITS.traceMsMax)),
  inputTokens: (row, request) => (request.inputTokens = row.tokens('inputTokens', 1)),
  outputTokens: (row, request) => (request.outputTokens = row.tokens('outputTokens', 1)),
  // An engine stops at the limit, so the answer cannot be longer than it.
  outputTokensMax: (row, request) =>
    (request.outputTokensMax = row.tokens('outputTokensMax', row.tokens('outputTokens', 1))),
  tier: (row, request) => {
    const tier = TIERS.find((known) => known === row.value('tier'));
    if (tier === undefined) throw refused(row, 'tier', `one of ${TIERS.join(', ')}`);
    request.tier = tier;
  },
  project: (row, request) => {
    const project = row.value('project');
    if (typeof project !== 'string' || project === '' || project.length > PROJECT_CHARS_MAX) {
      throw refused(row, 'project', `a name of 1 to ${PROJECT_CHARS_MAX} characters`);
    }
    request.project = project;
  },
  deadlineMs: (row, request) => {
    const atMs = row.decimal('atMs', 0, TRACE_LIMITS.traceMsMax);
    request.deadlineMs = row.decimal('deadlineMs', atMs, TRACE_LIMITS.traceMsMax);
  },
  prefix: (row, request) => (request.prefix = row.blocks('prefix', row.tokens('inputTokens', 1))),
};

const REQUIRED = ['atMs', 'inputTokens', 'outputTokens'] as const;

/** Offpeak's own format: one request of a workload a line. Stricter than recorded traces, because its author can put it right. */
export const plain: TraceFormat = jsonFormat({
  title: 'Offpeak workload',
  described: '{"atMs": 0, "inputTokens": 512, "outputTokens": 128, "tier": "standard"}',
  knownBy: ['atMs'],
  timeField: 'atMs',
  fromZero: true,
  read: (row) => {
    const request: Row = { atMs: 0, inputTokens: 1, outputTokens: 1 };
    for (const name of new Set([...REQUIRED, ...row.names])) {
      if (!isField(name)) {
        const expected = `one of the fields ${Object.keys(FIELDS).join(', ')}`;
        throw new TraceProblem({ ...row.place, what: 'a field', found: name, expected });
      }
      FIELDS[name](row, request);
    }
    return request;
  },
});

function isField(name: string): name is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, name);
}

function refused(row: JsonRow, what: string, expected: string): TraceProblem {
  return new TraceProblem({ ...row.place, what, found: String(row.value(what)), expected });
}
