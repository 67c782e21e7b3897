import { expect } from 'vitest';
import type { Recorded } from '../providers/fake.ts';
import type { Ask, Heard, Mount, Reply, WireProblem } from './mounts/mount.ts';
import { send, sendBytes } from './send.ts';
import type { Tap } from './tap.ts';
import type { Running, Upstream } from './upstreams/upstream.ts';

/**
 * Ways to the same fake: those that do not share the scheduler's memory of it, since who was refused once is left alone for a while, and
 * those to models that can do more than the usual one.
 */
export const ROUTES = [
  'main',
  'refused',
  'refused-stream',
  'broken',
  'broken-stream',
  'tapped',
  'thinking',
  'budget',
  'probable',
] as const;
export type RouteName = (typeof ROUTES)[number];

/** A mount before an upstream, with a fake of its own. */
export interface Pair {
  readonly mount: Mount;
  readonly upstream: Upstream;
  readonly running: Running;
  /** Stands before the fake on the route of that name, where mount and provider speak the same wire. */
  readonly tap: Tap | undefined;
  /** What clients call the model. */
  readonly model: (route: RouteName) => string;
}

export interface Wanted extends Omit<Ask, 'model' | 'stream'> {
  /** Offpeak's own. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly heard: Heard;
  readonly reply: Reply;
  /** What it made reach the provider. */
  readonly received: readonly Recorded[];
}

export interface Refused {
  readonly problem: WireProblem;
  readonly reply: Reply;
  readonly received: readonly Recorded[];
}

/** A row of the ledger that has to be there in the end. */
export interface Booked {
  readonly id: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Thrown where the mount refused the request by the name of a member that the upstream has no place for. */
export class ByName extends Error {
  /** Its path in the client's body. */
  readonly param: string;

  constructor(param: string, reason: string) {
    super(reason);
    this.param = param;
  }
}

/** One cell of the table at work: what it sends, and what it finds on the way. */
export class Cell {
  readonly pair: Pair;
  readonly stream: boolean;
  /** Named reasons for which it is less than it could be. */
  readonly notes: string[] = [];
  readonly booked: Booked[] = [];
  readonly #url: string;

  constructor(url: string, pair: Pair, stream: boolean) {
    this.#url = url;
    this.pair = pair;
    this.stream = stream;
  }

  note(reason: string): void {
    if (!this.notes.includes(reason)) this.notes.push(reason);
  }

  /** The ledger is read when everything is over. */
  book({ headers }: Reply, row: Booked['row']): void {
    this.booked.push({ id: headers.get('x-request-id') ?? '', row });
  }

  async answer(wanted: Wanted, route: RouteName = 'main'): Promise<Answered> {
    const { reply, received } = await this.#send(wanted, route);
    if (reply.status !== 200) throw this.#failure(reply, received);
    return { heard: this.pair.mount.hear(reply, this.stream), reply, received };
  }

  async refusal(wanted: Wanted, route: RouteName = 'main'): Promise<Refused> {
    const { reply, received } = await this.#send(wanted, route);
    expect(reply.status, reply.bytes.toString('latin1')).not.toBe(200);
    return { problem: this.pair.mount.problem(reply), reply, received };
  }

  /** Sends a body that is written already, and is to be answered. */
  async raw(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<Reply> {
    const reply = await sendBytes(this.#url, path, headers, body);
    if (reply.status !== 200) throw this.#failure(reply, []);
    return reply;
  }

  async #send(wanted: Wanted, route: RouteName): Promise<{ reply: Reply; received: readonly Recorded[] }> {
    const { mount, running, model } = this.pair;
    const before = running.fake.requests.length;
    const request = mount.request({ ...wanted, model: model(route), stream: this.stream });
    const reply = await send(this.#url, request, wanted.headers);
    return { reply, received: running.fake.requests.slice(before) };
  }

  #failure(reply: Reply, received: readonly Recorded[]): Error {
    const { mount } = this.pair;
    const { word, message } = mount.problem(reply);
    const told = /^'(.+?)' cannot be passed on: .+?, and (.+)\. Nothing was sent or charged\.$/.exec(message);
    const { status, word: expected } = mount.problems.unsupported;
    if (told === null || reply.status !== status || word !== expected) {
      return new Error(`${reply.status} ${word}: ${message}`);
    }
    expect(received).toEqual([]);
    return new ByName(told[1]!, told[2]!);
  }
}
