import type { Tier } from '@offpeak/core';
import { TRACE_LIMITS } from '../trace-limits.ts';
import { csvFormat } from './csv.ts';
import type { TraceFormat } from './format.ts';
import { decimalFrom, recorded, type Place } from './row.ts';

/** Up to here somebody is waiting and delay hurts (SageServe's fast interactive requests have 10 s). */
const PRIORITY_SLA_S_MAX = 10;
/** Up to here it is interactive (its normal ones have an hour at most); beyond, it is work with a deadline. */
const STANDARD_SLA_S_MAX = 3_600;
const NO_SLA = -1;

/**
 * Traces with service levels, as SageServe's simulator reads them. The level decides the tier: 10 s is priority, up to an hour
 * standard, longer is batch with that deadline, and -1, which promises nothing, is flex. A tenant becomes a project. A batch is one
 * line for each of its requests, so `batch_size` multiplies nothing.
 */
export const sageserve: TraceFormat = csvFormat({
  title: 'SageServe trace',
  columns: ['client_tenant', 'sla', 'arrival_timestamp', 'prompt_size', 'token_size'],
  knownBy: ['client_tenant', 'prompt_size', 'token_size'],
  timeColumn: { name: 'arrival_timestamp', numeric: true },
  open: () => (row) => {
    const atMs = row.decimal('arrival_timestamp', 0, TRACE_LIMITS.traceMsMax / 1_000) * 1_000;
    const request = recorded(atMs, row.tokens('prompt_size'), row.tokens('token_size'));
    if (request === null) return null;
    const slaS = slaFrom(row.place, row.text('sla'));
    const tier = tierFor(slaS);
    return {
      ...request,
      tier,
      project: row.text('client_tenant'),
      ...(tier === 'batch' && { deadlineMs: atMs + slaS * 1_000 }),
    };
  },
});

/** In seconds. */
function slaFrom(place: Place, text: string): number {
  if (Number(text) === NO_SLA) return NO_SLA;
  return decimalFrom(place, 'sla', text, 0, TRACE_LIMITS.traceMsMax / 1_000);
}

function tierFor(slaS: number): Tier {
  if (slaS === NO_SLA) return 'flex';
  if (slaS <= PRIORITY_SLA_S_MAX) return 'priority';
  return slaS <= STANDARD_SLA_S_MAX ? 'standard' : 'batch';
}
