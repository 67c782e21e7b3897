import type { Row } from '../../e2e/books.ts';
import type { Recorded } from '../../providers/fake.ts';
import type { Heard, Reply, WireProblem } from '../mounts/mount.ts';
import { OPENAI } from '../mounts/openai.ts';
import { send } from '../send.ts';
import type { Running } from '../upstreams/upstream.ts';

/** The text of every question here; the answer is its echo. */
export const QUESTION = 'hello over there';
export const ANSWER = `echo: ${QUESTION}`;

/** One question of an OpenAI client to a model of a provider that goes wrong, and all that came of it. */
export interface Told {
  readonly id: string;
  readonly status: number;
  /** The answer, whole or as far as it came. */
  readonly heard: Heard | null;
  /** Before or within the answer. */
  readonly problem: WireProblem | null;
  /** The bytes of a provider of the same wire, which no client can read to their end. */
  readonly unreadable: boolean;
  /** By the headers. */
  readonly tier: string | null;
  readonly received: readonly Recorded[];
  readonly ms: number;
}

export interface Question {
  readonly model: string;
  readonly tier: 'standard' | 'flex';
  readonly stream: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export async function ask(url: string, { fake }: Running, question: Question): Promise<Told> {
  const { model, tier, stream, headers } = question;
  const before = fake.requests.length;
  const startedAt = performance.now();
  const turns = [{ kind: 'user', text: QUESTION }] as const;
  const reply = await send(url, OPENAI.request({ model, tier, stream, turns }), headers);
  const ms = performance.now() - startedAt;
  const heard = reply.status === 200 ? heardIn(reply, stream) : null;
  const refused = reply.status === 200 ? null : OPENAI.problem(reply);
  return {
    id: reply.headers.get('x-request-id') ?? '',
    status: reply.status,
    heard,
    problem: refused ?? heard?.failure ?? null,
    unreadable: reply.status === 200 && heard === null,
    tier: reply.headers.get('offpeak-tier'),
    received: fake.requests.slice(before),
    ms,
  };
}

function heardIn(reply: Reply, stream: boolean): Heard | null {
  try {
    return OPENAI.hear(reply, stream);
  } catch {
    return null;
  }
}

/** For the table: what the client saw. */
export function seen({ status, heard, problem, unreadable }: Told): string {
  if (unreadable) return 'as it came';
  if (heard === null) return `${status} \`${problem!.word}\``;
  return heard.failure === null ? 'answered' : `broken off, \`${heard.failure.word}\``;
}

export function rowOf(rows: readonly Row[], { id }: Told): Row {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new Error(`the ledger has no row of ${id}`);
  return row;
}
