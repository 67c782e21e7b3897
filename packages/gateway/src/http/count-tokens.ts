import type { IncomingMessage, ServerResponse } from 'node:http';
import { CODECS, type DialectName, type Problem } from '@offpeak/dialects';
import type { ProviderTarget, Route } from '../upstreams/route.ts';
import type { Credential } from '../upstreams/providers/protocol.ts';
import { endOfFailure } from '../runs/run-end.ts';
import { accountObstacle } from './account-objects.ts';
import type { Asked } from './asked.ts';
import { refuse } from './listener.ts';
import { Passages } from './passages.ts';
import type { Receipt } from './receipt.ts';
import { problemOfEnd } from './refusals.ts';
import type { Services } from './services.ts';

/** How the wires that can count say the number. */
const FORMS: Readonly<Partial<Record<DialectName, (tokens: number) => object>>> = {
  gemini: (tokens) => ({ totalTokens: tokens }),
  anthropic: (tokens) => ({ input_tokens: tokens }),
  bedrock: (tokens) => ({ inputTokens: tokens }),
};

/**
 * How many tokens a prompt has. A provider of the same wire is asked; for all others it is the estimate that limits use, and the answer
 * says that it is one. Free, and not in the ledger.
 */
export async function countTokens(
  services: Services,
  receipt: Receipt,
  asked: Asked,
  route: Route,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
): Promise<void> {
  const { dialect } = receipt.target.mount;
  const asking = counterOf(services, receipt, route, new Passages(asked, body));
  if (asking !== null && 'kind' in asking) {
    refuse(res, dialect, asking, receipt.id);
    return;
  }
  if (asking === null) {
    write(receipt, res, Buffer.from(JSON.stringify(FORMS[dialect.name]!(asked.facts.inputTokens))), {
      'offpeak-token-count': 'estimated',
    });
    return;
  }
  const leaving = new AbortController();
  res.once('close', () => {
    leaving.abort();
  });
  const counted = await count(asking, asked, req, body, leaving.signal);
  if (leaving.signal.aborted) return;
  if (Buffer.isBuffer(counted)) write(receipt, res, counted, { 'offpeak-upstream': asking.target.upstream.name });
  else refuse(res, dialect, counted(receipt), receipt.id);
}

interface Asking {
  readonly target: ProviderTarget;
  readonly credential: Credential;
}

/** The first provider that can count; what names an object in an account that others share is counted by none. */
function counterOf(services: Services, receipt: Receipt, route: Route, passages: Passages): Asking | Problem | null {
  for (const target of route.providers) {
    const { upstream } = target;
    const ownKey = services.plans.providerKeyOf(receipt.identity.project, upstream.name);
    const credential = ownKey === undefined ? upstream.credential : ({ kind: 'key', key: ownKey } as const);
    if (credential === undefined) continue;
    const wire = upstream.protocol.wireFor(receipt.target.mount.dialect.name, 'count-tokens');
    if (wire === null) continue;
    return accountObstacle(services, receipt, passages, { ...target, wire }) ?? { target, credential };
  }
  return null;
}

/** The provider's own answer, or what came instead. */
async function count(
  { target, credential }: Asking,
  { codec, wire }: Asked,
  req: IncomingMessage,
  body: Buffer,
  signal: AbortSignal,
): Promise<Buffer | ((receipt: Receipt) => Problem)> {
  const { upstream, model } = target;
  const call = {
    wire: codec.name,
    operation: 'count-tokens' as const,
    model,
    stream: false,
    tierWord: null,
    invoke: false,
    client: req.headers,
  };
  try {
    const answer = await upstream.fetch(call, credential, wire === null ? body : wire.forward(model, null), signal);
    if (answer.status === 200) return answer.body;
    const end = endOfFailure(CODECS[codec.name].readFailure(answer.status, answer.headers, answer.body), answer.status);
    return (receipt) => {
      receipt.upstream = upstream.name;
      return problemOfEnd(end, receipt);
    };
  } catch {
    return () => ({ kind: 'upstream-failed', upstream: upstream.name, detail: 'it could not be reached' });
  }
}

function write(receipt: Receipt, res: ServerResponse, body: Buffer, more: Record<string, string>): void {
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': receipt.id,
    [receipt.target.mount.dialect.requestIdHeader]: receipt.id,
    ...more,
  });
  res.end(body);
}
