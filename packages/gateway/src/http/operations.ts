import type { ServerResponse } from 'node:http';
import { EXPOSITION_TYPE } from '../telemetry/registry.ts';
import type { Services } from './services.ts';

/** What operators and their orchestrators ask: is it alive, should traffic come, what does it do. True when this was one of those. */
export function answerOperations(services: Services, method: string, path: string, res: ServerResponse): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  switch (path) {
    case '/healthz':
      json(res, 200, { status: 'ok' });
      return true;
    case '/readyz': {
      const reasons = services.unready();
      json(res, reasons.length === 0 ? 200 : 503, { status: reasons.length === 0 ? 'ready' : 'not ready', reasons });
      return true;
    }
    case '/metrics':
      res.writeHead(200, { 'content-type': EXPOSITION_TYPE });
      res.end(services.exposeMetrics());
      return true;
    default:
      return false;
  }
}

function json(res: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  res.end(body);
}
