import { csvFormat } from './csv.ts';
import type { TraceFormat } from './format.ts';
import { recorded } from './row.ts';

export const lengthsCsv: TraceFormat = csvFormat({
  title: 'file of lengths',
  columns: ['num_prefill_tokens', 'num_decode_tokens'],
  knownBy: ['num_prefill_tokens', 'num_decode_tokens'],
  open: () => (row) => recorded(0, row.tokens('num_prefill_tokens'), row.tokens('num_decode_tokens')),
});
