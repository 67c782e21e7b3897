import { csvFormat } from './csv.ts';
import type { TraceFormat } from './format.ts';
import { jsonFormat } from './json.ts';
import { recorded } from './row.ts';

/** Sizes of requests without arrivals: conversations prepared for engine benchmarks, lists of batch tasks, and one's own. */
export const lengthsFormats: readonly TraceFormat[] = [
  csvFormat({
    title: 'file of lengths',
    columns: ['num_prefill_tokens', 'num_decode_tokens'],
    knownBy: ['num_prefill_tokens', 'num_decode_tokens'],
    open: () => (row) => recorded(0, row.tokens('num_prefill_tokens'), row.tokens('num_decode_tokens')),
  }),
  jsonFormat({
    title: 'file of lengths',
    described: '{"input_length": 61, "output_length": 2370}',
    knownBy: ['input_length', 'output_length'],
    read: (row) => recorded(0, row.tokens('input_length', 0), row.tokens('output_length', 0)),
  }),
  jsonFormat({
    title: 'file of lengths',
    described: '{"inputTokens": 512, "outputTokens": 128}',
    knownBy: ['inputTokens', 'outputTokens'],
    read: (row) => recorded(0, row.tokens('inputTokens', 1), row.tokens('outputTokens', 1)),
  }),
];
