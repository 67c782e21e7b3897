import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chunk, DONE, event, openStream, send, wholeAnswer } from '../fake-engine.ts';

/** A request as the provider got it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

type Answering = (res: ServerResponse, asked: Asked) => void;

/** Speaks OpenAI's wire and does exactly what a test says: whom it lets in, whether it lists its models, when its answers come. */
export interface Scripted {
  readonly url: string;
  /** Lists of models apart. */
  readonly asked: readonly Asked[];
  /** Requests whose connection is open. */
  readonly open: number;
  /** How often its models were asked for. */
  readonly listings: number;
  /** What the list of models answers. */
  listing: { status: number; models: readonly string[] };
  /** What requests get. */
  answer: Answering;
  close(): Promise<void>;
}

export async function startScripted(): Promise<Scripted> {
  const asked: Asked[] = [];
  let open = 0;
  let listings = 0;
  const server = createServer((req, res) => {
    if (req.url === '/v1/models') {
      listings += 1;
      const { status, models } = scripted.listing;
      send(res, status, JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) }));
      return;
    }
    open += 1;
    res.on('close', () => {
      open -= 1;
    });
    void bodyOf(req).then((body) => {
      const request = { method: req.method ?? '', path: req.url ?? '', key: keyOf(req), body };
      asked.push(request);
      scripted.answer(res, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const scripted: Scripted = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get open() {
      return open;
    },
    get listings() {
      return listings;
    },
    listing: { status: 200, models: ['gpt-5.6-luna'] },
    answer: answerWell,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return scripted;
}

/** In the form and at the tier that was asked for. */
export const answerWell: Answering = (res, { body }) => {
  const tier = { service_tier: body['service_tier'] ?? 'default' };
  if (body['stream'] === true) {
    openStream(res);
    res.end(streamOf('ok', tier));
  } else send(res, 200, wholeAnswer('ok', tier));
};

export function streamOf(text: string, tier: object): string {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  const events = [chunk(text), chunk('', 'stop')].map((said) => {
    return event({ ...(JSON.parse(said.slice('data: '.length)) as object), ...tier });
  });
  const last = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [],
    usage,
    ...tier,
  };
  return events.join('') + event(last) + DONE;
}

/** Lets in who shows one of these keys. */
export function keyed(keys: ReadonlySet<string>, answer: Answering = answerWell): Answering {
  return (res, asked) => {
    if (asked.key !== undefined && keys.has(asked.key)) answer(res, asked);
    else sendError(res, 401, `Incorrect API key provided: ${asked.key ?? ''}.`, 'invalid_api_key');
  };
}

export function sendError(
  res: ServerResponse,
  status: number,
  message: string,
  code: string,
  headers: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  send(res, status, JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } }));
}

export function providerLine(name: string, { url }: Pick<Scripted, 'url'>, rest: string): string {
  return `{ name: ${name}, kind: provider, provider: openai, url: "${url}", ${rest} }`;
}

function keyOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
}

async function bodyOf(req: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of req as AsyncIterable<Buffer>) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
