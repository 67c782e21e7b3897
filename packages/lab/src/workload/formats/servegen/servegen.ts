import { basename } from 'node:path';
import { arrivalsOf, gammaGaps, poissonGaps, weibullGaps, type Gaps } from '../../generate/arrivals.ts';
import { chatLengths, lengthSourceOf, type LengthSource } from '../../generate/lengths.ts';
import { constantRate } from '../../generate/rates.ts';
import { TraceProblem } from '../../problem.ts';
import { Random } from '../../random.ts';
import type { ReadOptions } from '../../read-options.ts';
import { TRACE_LIMITS } from '../../trace-limits.ts';
import type { LabRequest, Workload } from '../../workload.ts';
import type { Source } from '../source.ts';
import { clientsOf, type Client, type ClientWindow } from './clients.ts';
import { lengthsOf } from './dataset.ts';

const SERVEGEN_STREAM = 41;

/** A window of one client that has requests in the part that is wanted. */
interface Busy extends ClientWindow {
  readonly client: Client;
  /** Counted from the start of the trace. */
  readonly number: number;
}

/**
 * Generates requests from clients: each client's rate, burstiness and lengths per window, merged. A window's requests depend on the
 * seed, the client and the window alone, so that any part of a trace has the requests that the whole would have there.
 */
export async function generateServeGen(source: Source, options: ReadOptions): Promise<Workload> {
  const { fromMs = 0, durationMs = Number.POSITIVE_INFINITY, rateScale = 1, seed = 1, lengths = chatLengths } = options;
  const file = source.path;
  const clients = await clientsOf(source);
  const windowS = commonWindow(file, clients);
  const windowMs = windowS * 1_000;
  const totalMs = Math.max(...clients.map(({ startS, windows }) => startS + windows * windowS)) * 1_000;
  const endMs = Math.min(totalMs, fromMs + durationMs);
  const busy = busyWindows(clients, windowS, Math.floor(fromMs / windowMs), Math.ceil(endMs / windowMs));
  checkAmount(file, busy, windowS, rateScale, fromMs, totalMs);

  const fallback = lengthSourceOf(lengths);
  const { lengthsAt, without } = lengthsFor(busy, fallback);
  const requests: LabRequest[] = [];
  for (const inWindow of byWindow(busy)) {
    const startMs = inWindow[0]!.number * windowMs;
    const merged: LabRequest[] = [];
    for (const window of inWindow) {
      const { client, number, requestsPerSecond } = window;
      const random = new Random(seed, SERVEGEN_STREAM, client.id, number);
      const source = lengthsAt(client, number * windowS);
      const project = `client-${client.id}`;
      for (const afterMs of arrivalsOf(constantRate(requestsPerSecond * rateScale), gapsOf(window), windowMs, random)) {
        const { inputTokens, outputTokens } = source.draw(random);
        const atMs = startMs + afterMs - fromMs;
        if (atMs >= 0 && atMs < endMs - fromMs) merged.push({ atMs, inputTokens, outputTokens, project });
      }
    }
    merged.sort((one, other) => one.atMs - other.atMs);
    if (requests.length + merged.length > TRACE_LIMITS.requestsMax) throw tooMany(file, 'more');
    for (const request of merged) requests.push(request);
  }
  const active = new Set(busy.map(({ client }) => client)).size;
  const notes =
    without === 0 ? [] : [`${without} of ${active} clients come without lengths; theirs are ${fallback.title}`];
  return {
    title: basename(file),
    source: `ServeGen ${file}, seed ${seed}, rate x ${rateScale}`,
    requests,
    durationMs: endMs - fromMs,
    ...(notes.length > 0 && { notes }),
  };
}

function commonWindow(file: string, clients: readonly Client[]): number {
  const windowS = clients[0]!.windowS;
  const other = clients.find((client) => client.windowS !== windowS);
  if (other === undefined) return windowS;
  const what = `the window of chunk-${other.id}-trace.csv`;
  throw new TraceProblem({ file, what, found: `${other.windowS} s`, expected: `${windowS} s, as of the others` });
}

function busyWindows(clients: readonly Client[], windowS: number, from: number, end: number): Busy[] {
  return clients.flatMap((client) => {
    const first = client.startS / windowS;
    const busy: Busy[] = [];
    for (let number = Math.max(from, first); number < Math.min(end, first + client.windows); number += 1) {
      const window = client.window(number - first);
      if (window.requestsPerSecond > 0) busy.push({ ...window, client, number });
    }
    return busy;
  });
}

/** Before anything is generated: the whole of a trace can be hundreds of millions of requests. */
function checkAmount(
  file: string,
  busy: readonly Busy[],
  windowS: number,
  rateScale: number,
  fromMs: number,
  totalMs: number,
): void {
  const expected = busy.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond * rateScale * windowS, 0);
  if (expected > TRACE_LIMITS.requestsMax) throw tooMany(file, `about ${Math.round(expected)}`);
  if (busy.length > 0) return;
  const what = 'the part asked for';
  const found = `from ${fromMs} ms on, without requests`;
  throw new TraceProblem({ file, what, found, expected: `a part with requests of the ${totalMs} ms that there are` });
}

function tooMany(file: string, found: string): TraceProblem {
  const expected = `at most ${TRACE_LIMITS.requestsMax} (requestsMax); ask for a part of the time, or a lower rate scale`;
  return new TraceProblem({ file, what: 'the number of requests', found, expected });
}

function lengthsFor(
  busy: readonly Busy[],
  fallback: LengthSource,
): { lengthsAt: (client: Client, atS: number) => LengthSource; without: number } {
  const known = new Map<Client, ReturnType<typeof lengthsOf>>();
  for (const { client } of busy) if (!known.has(client)) known.set(client, lengthsOf(client));
  return {
    lengthsAt: (client, atS) => known.get(client)?.(atS) ?? fallback,
    without: [...known.values()].filter((lengths) => lengths === undefined).length,
  };
}

/** In the order of time, and within a window in the order of the clients. */
function byWindow(busy: readonly Busy[]): Busy[][] {
  const windows = new Map<number, Busy[]>();
  for (const window of busy) {
    const others = windows.get(window.number);
    if (others === undefined) windows.set(window.number, [window]);
    else others.push(window);
  }
  return [...windows].sort(([one], [other]) => one - other).map(([, inWindow]) => inWindow);
}

function gapsOf({ gaps, shape }: ClientWindow): Gaps {
  if (gaps === 'gamma') return gammaGaps(shape);
  return gaps === 'weibull' ? weibullGaps(shape) : poissonGaps;
}
