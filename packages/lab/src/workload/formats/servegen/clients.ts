import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TraceProblem } from '../../problem.ts';
import { chunksOf, type Source } from '../source.ts';
import { decimalFrom, type Place } from '../row.ts';
import { checkSizes, tarMembers, type Member } from './tar.ts';

/** One client of a service, with its arrivals in windows of equal length. */
export interface Client {
  readonly id: number;
  /** From the first window to the last, without gaps; most are still text until they are asked for. */
  readonly startS: number;
  readonly windowS: number;
  readonly windows: number;
  window(index: number): ClientWindow;
  /** The file of its lengths, where it has one. */
  readonly dataset: { readonly file: string; readonly text: string } | undefined;
}

export interface ClientWindow {
  readonly requestsPerSecond: number;
  readonly gaps: 'poisson' | 'gamma' | 'weibull';
  readonly shape: number;
}

const CHUNK_FILE = /(?:^|\/)chunk-(\d{1,9})-(trace\.csv|dataset\.json)$/;

/** Where a file has one window only, nothing says how long it is. */
const WINDOW_S_DEFAULT = 600;
const RATE_MAX = 1e6;

/** Fits of few requests end anywhere; outside of these, a window's requests would practically all come at once or never. */
const SHAPES = { gamma: { min: 0.001, max: 1e6 }, weibull: { min: 0.1, max: 1e3 } } as const;

export async function clientsOf(source: Source): Promise<Client[]> {
  const members = source.kind === 'folder' ? await folderMembers(source.path) : await archiveMembers(source);
  const datasets = new Map<number, Member>();
  const traces = new Map<number, Member>();
  for (const member of members) {
    const [, id, kind] = CHUNK_FILE.exec(member.name)!;
    (kind === 'trace.csv' ? traces : datasets).set(Number(id), member);
  }
  if (traces.size === 0) {
    const expected = 'ServeGen clients: files named chunk-0-trace.csv and chunk-0-dataset.json, chunk-1-trace.csv, ...';
    throw new TraceProblem({ file: source.path, what: 'its content', found: 'no such file', expected });
  }
  return [...traces]
    .sort(([one], [other]) => one - other)
    .map(([id, trace]) => {
      const dataset = datasets.get(id);
      return clientFrom(
        id,
        `${source.path}/${trace.name}`,
        trace.bytes.toString('utf8'),
        dataset && { file: `${source.path}/${dataset.name}`, text: dataset.bytes.toString('utf8') },
      );
    });
}

async function folderMembers(path: string): Promise<Member[]> {
  const names = (await readdir(path)).filter((name) => CHUNK_FILE.test(name)).sort();
  const members: Member[] = [];
  let sum = 0;
  for (const name of names) {
    const { size } = await stat(join(path, name));
    sum += size;
    checkSizes(path, name, size, sum, members.length + 1);
    members.push({ name, bytes: await readFile(join(path, name)) });
  }
  return members;
}

function archiveMembers(source: Source): Promise<Member[]> {
  return tarMembers(source.path, chunksOf(source), (name) => CHUNK_FILE.test(name));
}

function clientFrom(id: number, file: string, text: string, dataset: Client['dataset']): Client {
  const lines = text.trimEnd().split('\n');
  const startOf = (index: number): number => {
    const [start = ''] = lines[index]!.split(',', 1);
    return decimalFrom({ file, line: index + 1 }, 'the start of a window', start.trim(), 0, 1e9);
  };
  const startS = startOf(0);
  const windowS = lines.length > 1 ? startOf(1) - startS : WINDOW_S_DEFAULT;
  if (!(windowS > 0) || startS % windowS !== 0) {
    const expected = 'two windows of one length after each other, each starting at a multiple of it';
    throw new TraceProblem({ file, line: 2, what: 'the first windows', found: lines.slice(0, 2).join(' '), expected });
  }
  return {
    id,
    startS,
    windowS,
    windows: lines.length,
    dataset,
    window: (index) => {
      const place = { file, line: index + 1 };
      const start = startOf(index);
      if (start !== startS + index * windowS) {
        const expected = `${startS + index * windowS}, one window of ${windowS} s after the line above`;
        throw new TraceProblem({ ...place, what: 'the start of a window', found: String(start), expected });
      }
      return windowFrom(place, lines[index]!);
    },
  };
}

/**
 * `start, rate, cv, distribution, shape, scale`. The scale is not used: the shape says how gaps vary, and the rate what they are on
 * average, which in windows with few requests the fitted scale misses.
 */
function windowFrom(place: Place, line: string): ClientWindow {
  const cells = line.split(',').map((cell) => cell.trim());
  if (cells.length !== 6) {
    const expected = '6 columns: window start, rate, cv, distribution, shape, scale';
    throw new TraceProblem({ ...place, what: `a line of ${cells.length} columns`, found: line.trim(), expected });
  }
  const [, rate, , distribution, shape] = cells as [string, string, string, string, string, string];
  const requestsPerSecond = decimalFrom(place, 'the rate', rate, 0, RATE_MAX);
  if (requestsPerSecond === 0 || distribution === '') return { requestsPerSecond, gaps: 'poisson', shape: 1 };
  const gaps = distribution.toLowerCase();
  if (gaps !== 'gamma' && gaps !== 'weibull') {
    const expected = 'Gamma, Weibull, or nothing';
    throw new TraceProblem({ ...place, what: 'the distribution', found: distribution, expected });
  }
  const { min, max } = SHAPES[gaps];
  return { requestsPerSecond, gaps, shape: decimalFrom(place, `the shape of a ${distribution}`, shape, min, max) };
}
