import { expect } from 'vitest';
import { refuse } from '../../providers/fault.ts';
import type { Json } from '../../e2e/requests.ts';
import type { Kind } from './kind.ts';

/** A run that is lost before its client saw anything starts again, so often. */
const RUNS_MAX = 3;
const TEXT = 'hello over there';

export const REJECTED: Kind = {
  title: 'Rejected by the provider',
  about:
    "The provider answers 400: the client sees the provider's sentence, in its own wire's form. Nothing is sent again.",
  async try(cell) {
    const { mount, upstream, running } = cell.pair;
    const { rejected } = upstream.refusals;
    running.fake.next(refuse(rejected));
    const { problem, reply, received } = await cell.refusal({ turns: [{ kind: 'user', text: TEXT }] });
    expect(problem.status).toBe(mount.problems.rejected.status);
    expect(problem.message).toBe(sentenceIn(rejected.body as Json));
    expect(received).toHaveLength(1);
    cell.book(reply, { outcome: 'failed', status: problem.status, cost_nano_usd: 0 });
  },
};

function sentenceIn(body: Json): unknown {
  return ((body['error'] ?? body) as Json)['message'];
}

export const BROKEN: Kind = {
  title: 'Broken in the middle',
  about:
    "The provider's connection breaks within its answer. A stream's client keeps what it has and is told in its wire's way inside a stream; nothing is spliced. A unary client gets the answer of another try, or an error after three.",
  async try(cell) {
    const { mount, upstream, running } = cell.pair;
    const turns = [{ kind: 'user', text: TEXT }] as const;
    if (cell.stream) {
      running.fake.next({ kind: 'die', afterEvents: upstream.eventsToText });
      const { heard, reply, received } = await cell.answer({ turns }, 'broken-stream');
      expect(heard.text).toMatch(/^echo:/);
      expect(`echo: ${TEXT}`.startsWith(heard.text)).toBe(true);
      expect(heard.text).not.toBe(`echo: ${TEXT}`);
      expect(heard.failure?.word).toBe(mount.brokenWord);
      expect(received).toHaveLength(1);
      cell.book(reply, { outcome: 'failed', status: 200, cost_nano_usd: 0 });
      return;
    }
    running.fake.next({ kind: 'die', afterEvents: 1 });
    const again = await cell.answer({ turns }, 'broken');
    expect(again.heard.text).toBe(`echo: ${TEXT}`);
    expect(again.received).toHaveLength(2);
    cell.book(again.reply, { outcome: 'completed', output_tokens: again.heard.usage?.output });
    running.fake.next({ kind: 'die', afterEvents: 1 }, RUNS_MAX);
    const { problem, reply, received } = await cell.refusal({ turns }, 'broken');
    expect({ status: problem.status, word: problem.word }).toEqual(mount.problems['upstream-failed']);
    expect(received).toHaveLength(RUNS_MAX);
    cell.book(reply, { outcome: 'failed', cost_nano_usd: 0 });
  },
};
