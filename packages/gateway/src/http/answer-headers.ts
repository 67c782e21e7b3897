import type { OutgoingHttpHeaders } from 'node:http';
import type { LimitReport } from '@offpeak/core';
import type { Receipt } from './receipt.ts';

/** What every answer says of its own story. `placed`: an upstream was chosen, so the served tier is certain. */
export function answerHeaders(receipt: Receipt, report: LimitReport, placed: boolean): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = receipt.target.mount.dialect.limitHeaders(report);
  headers['x-request-id'] = receipt.id;
  headers['offpeak-requested-tier'] = receipt.requestedTier;
  headers['offpeak-wait-ms'] = String(Math.round(receipt.waitMs));
  if (!placed) return headers;
  headers['offpeak-tier'] = receipt.servedTier;
  headers['offpeak-upstream'] = receipt.upstream;
  headers['offpeak-evictions'] = String(receipt.evictions);
  return headers;
}
