import type { ServerResponse } from 'node:http';
import type { ModelInfo } from '@offpeak/dialects';
import { refuse } from './listener.ts';
import type { Target } from './mounts.ts';
import type { Services } from './services.ts';

export function answerModels(services: Services, target: Target, res: ServerResponse): void {
  const models = [...services.fleet.models].map((id) => described(services, id));
  write(res, target, JSON.stringify(target.mount.dialect.modelList(models)), services.nextRequestId());
}

export function answerModel(services: Services, target: Target, res: ServerResponse): void {
  const id = target.model ?? '';
  if (services.fleet.route(id) === undefined) {
    const known = [...services.fleet.models];
    refuse(res, target.mount.dialect, { kind: 'unknown-model', model: id, known }, services.nextRequestId());
    return;
  }
  write(
    res,
    target,
    JSON.stringify(target.mount.dialect.modelObject(described(services, id))),
    services.nextRequestId(),
  );
}

function described(services: Services, id: string): ModelInfo {
  const contextTokens = services.fleet.route(id)?.contextTokens;
  return contextTokens === undefined ? { id } : { id, contextTokens };
}

function write(res: ServerResponse, { mount }: Target, text: string, requestId: string): void {
  const body = Buffer.from(text);
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': requestId,
    [mount.dialect.requestIdHeader]: requestId,
  });
  res.end(body);
}
