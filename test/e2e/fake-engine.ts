import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a generation request gets. */
export type Script = (res: ServerResponse, body: Record<string, unknown>, req: IncomingMessage) => void;

/** An engine that answers exactly what a test tells it to; for what no real engine, simulated or not, should do. */
export interface FakeEngine {
  readonly url: string;
  /** Generation requests so far. */
  received: number;
  /** Generation requests whose connection is open. */
  open: number;
  script: Script;
  /** What the paths for operators answer; the tests change them. */
  models: readonly { id: string; max_model_len?: number }[];
  health: number;
  /** Null: there is no such page. */
  metrics: string | null;
  /** Hangs up on every generation request that is not answered yet. */
  drop(): void;
  close(): Promise<void>;
}

export async function startFakeEngine(script: Script): Promise<FakeEngine> {
  const unanswered = new Set<ServerResponse>();
  const server = createServer((req, res) => {
    if (req.url === '/v1/models') send(res, 200, JSON.stringify({ object: 'list', data: fake.models }));
    else if (req.url === '/health') send(res, fake.health, '');
    else if (req.url === '/metrics') send(res, fake.metrics === null ? 404 : 200, fake.metrics ?? '');
    // Other kinds of engine have other pages for their operators.
    else if (req.method === 'GET') send(res, fake.health, '{}');
    else generate(req, res);
  });
  const generate = (req: IncomingMessage, res: ServerResponse): void => {
    fake.received += 1;
    fake.open += 1;
    unanswered.add(res);
    res.on('close', () => {
      fake.open -= 1;
      unanswered.delete(res);
    });
    const pieces: Buffer[] = [];
    req.on('data', (piece: Buffer) => pieces.push(piece));
    req.on('end', () => {
      fake.script(res, JSON.parse(Buffer.concat(pieces).toString('utf8')) as Record<string, unknown>, req);
    });
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const fake: FakeEngine = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: 0,
    open: 0,
    script,
    models: [{ id: 'sim-8b' }],
    health: 200,
    metrics: null,
    drop: () => {
      for (const res of unanswered) res.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return fake;
}

/** The line of an upstream in a configuration. */
export function upstreamLine(name: string, url: string, rest = 'capacity: { slots: 4 }', kind = 'vllm'): string {
  return `{ name: ${name}, kind: engine, engine: ${kind}, url: "${url}", ${rest} }`;
}

export function send(res: ServerResponse, status: number, body: string, type = 'application/json'): void {
  res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

export function openStream(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
}

/** One chunk of a chat stream as vLLM writes it. */
export function chunk(content: string, finish: string | null = null): string {
  const choice = { index: 0, delta: { content }, logprobs: null, finish_reason: finish };
  return event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'sim-8b', choices: [choice] });
}

export function usageChunk(prompt: number, completion: number): string {
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  return event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'sim-8b', choices: [], usage });
}

export function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';

/** A whole unary answer. */
export function wholeAnswer(content = 'ok', extra: object = {}): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'sim-8b',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
    ...extra,
  });
}

/** Answers each request well, in whichever form it asked for. */
export const works: Script = (res, body) => {
  if (body['stream'] !== true) {
    send(res, 200, wholeAnswer());
    return;
  }
  openStream(res);
  res.end(chunk('o') + chunk('k') + chunk('', 'stop') + usageChunk(3, 2) + DONE);
};
