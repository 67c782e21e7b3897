import { TRACE_LIMITS } from '../trace-limits.ts';
import type { TraceFormat } from './format.ts';
import { jsonFormat } from './json.ts';
import { recorded } from './row.ts';

export const mooncake: TraceFormat = jsonFormat({
  title: 'Mooncake trace',
  described: '{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}',
  knownBy: ['timestamp', 'input_length'],
  timeField: 'timestamp',
  read: (row) => {
    const timeMs = row.decimal('timestamp', 0, TRACE_LIMITS.traceMsMax);
    const request = recorded(timeMs, row.tokens('input_length', 0), row.tokens('output_length', 0));
    if (request === null || row.value('hash_ids') === undefined) return request;
    return { ...request, prefix: row.blocks('hash_ids', request.inputTokens) };
  },
});
