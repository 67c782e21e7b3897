import { FEATURES, type Codec } from '@offpeak/dialects';
import type { RunEnd } from '../../runs/run-end.ts';

/** As engines that are behind the times call it. */
const OLDER_NAMES: ReadonlyMap<string, string> = new Map([['max_tokens', 'max_completion_tokens']]);

/**
 * A rejection by an upstream of another wire than the client's: what it complains of is told by the client's own name for it, or by none,
 * because the upstream's is not in the client's body.
 */
export function inClientsWords(end: RunEnd, upstream: Codec, client: Codec): RunEnd {
  if (end.kind !== 'rejected' || end.param === null) return end;
  const names = [end.param, OLDER_NAMES.get(end.param)];
  const feature = FEATURES.find((known) => names.includes(upstream.paramOf(known)));
  return { ...end, param: feature === undefined ? null : client.paramOf(feature) };
}
