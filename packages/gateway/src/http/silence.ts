import type { PostOperation, ReadRequest } from '@offpeak/dialects';

/**
 * Whether nothing can be learned of an engine from when a request's tokens come: because the answer comes in one piece, which that of
 * an evictable tier never does, or because its tokens are those of several choices at once.
 */
export function silenceOf(operation: PostOperation, request: ReadRequest, body: Buffer): boolean | 'interactive' {
  const { n, best_of: bestOf, prompt } = request.scan.members;
  if (operation === 'embeddings' || prompt?.kind === 'array') return true;
  for (const member of [n, bestOf]) {
    if (member !== undefined && Number(body.toString('latin1', member.start, member.end)) > 1) return true;
  }
  return request.facts.stream ? false : 'interactive';
}
