import { TRACE_LIMITS } from '../trace-limits.ts';
import { csvFormat } from './csv.ts';
import type { TraceFormat } from './format.ts';
import { recorded } from './row.ts';

/** Later releases have a session and an elapsed time too. A response of 0 tokens is a request that failed. */
export const burstgpt: TraceFormat = csvFormat({
  title: 'BurstGPT trace',
  columns: ['Timestamp', 'Request tokens', 'Response tokens'],
  knownBy: ['Request tokens', 'Response tokens'],
  timeColumn: { name: 'Timestamp', numeric: true },
  open: () => (row) => {
    const seconds = row.decimal('Timestamp', 0, TRACE_LIMITS.traceMsMax / 1_000);
    return recorded(seconds * 1_000, row.tokens('Request tokens'), row.tokens('Response tokens'));
  },
});
