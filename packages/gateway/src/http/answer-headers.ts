import type { OutgoingHttpHeaders } from 'node:http';
import type { LimitReport } from '@offpeak/core';
import { BEDROCK_TIER_HEADER } from '../upstreams/providers/bedrock.ts';
import type { Receipt } from './receipt.ts';

/**
 * What every answer says of its own story. `settled`: the tier can change no more, because an upstream was chosen or the request was
 * refused; an answer that is only kept alive may still end on another rung of its ladder.
 */
export function answerHeaders(receipt: Receipt, report: LimitReport, settled: boolean): OutgoingHttpHeaders {
  const { dialect } = receipt.target.mount;
  const headers: OutgoingHttpHeaders = dialect.limitHeaders(report, Date.now());
  headers['x-request-id'] = receipt.id;
  // Names that are computed cost every answer, so it is only done where a wire has its own.
  if (dialect.requestIdHeader !== 'x-request-id') headers[dialect.requestIdHeader] = receipt.id;
  headers['offpeak-requested-tier'] = receipt.requestedTier;
  headers['offpeak-wait-ms'] = String(Math.round(receipt.waitMs));
  if (!settled) return headers;
  headers['offpeak-tier'] = receipt.servedTier;
  if (!receipt.tierVerified) headers['offpeak-tier-verified'] = 'false';
  const tierHeader = receipt.target.invoke === true ? BEDROCK_TIER_HEADER : dialect.tierHeader;
  if (tierHeader !== undefined) headers[tierHeader] = dialect.servedWord(receipt.servedTier);
  if (receipt.ignored.length > 0) headers['offpeak-ignored'] = receipt.ignored.join(', ');
  if (receipt.upstream !== undefined) headers['offpeak-upstream'] = receipt.upstream;
  headers['offpeak-evictions'] = String(receipt.evictions);
  return headers;
}
