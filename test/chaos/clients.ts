import { CHAT_PATHS, chatBody, eventsIn, type MountName } from '../e2e/requests.ts';
import type { Dice } from './dice.ts';

/** What one client asks for, and how it behaves. Drawn before it starts, so that the draws do not depend on the timing. */
export interface ClientPlan {
  readonly mount: MountName;
  readonly model: string;
  readonly prompt: string;
  readonly stream: boolean;
  readonly tier: string;
  readonly maxTokens: number;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * reads        takes all of its answer
   * leaves       goes away after `afterMs`, wherever it is then
   * leaves-early goes away at the first byte of its answer
   * lingers      takes nothing for `afterMs`, then the rest
   * garbles      sends half a body as a whole one
   */
  readonly manner: 'reads' | 'leaves' | 'leaves-early' | 'lingers' | 'garbles';
  readonly afterMs: number;
}

export interface Told {
  readonly plan: ClientPlan;
  /** Absent where the client left before it had a status. */
  readonly status?: number;
  readonly headers?: Headers;
  /** Absent where the client did not see the end. */
  readonly text?: string;
}

const PROMPTS = ['Tell a story.', 'Name the moons of Jupiter.', 'What is a slot?', 'Sing.'];
const TIERS = {
  openai: ['auto', 'default', 'flex', 'flex', 'priority'],
  groq: ['auto', 'on_demand', 'flex', 'flex', 'performance'],
} as const;

export function drawClient(dice: Dice): ClientPlan {
  const mount = dice.pick(['openai', 'groq'] as const);
  const headers: Record<string, string> = {};
  if (dice.chance(0.2)) headers['offpeak-max-wait'] = dice.pick(['0', '50ms', '1s', '10m']);
  if (dice.chance(0.2)) headers['offpeak-on-unavailable'] = 'standard';
  if (dice.chance(0.1)) headers['offpeak-session'] = dice.pick(['a', 'b']);
  if (dice.chance(0.1)) headers['offpeak-deadline'] = dice.pick(['5s', '20m']);
  if (dice.chance(0.2)) headers['x-stainless-timeout'] = '1';
  return {
    mount,
    headers,
    model: dice.pick(['sim-8b', 'chat', 'chat']),
    prompt: dice.pick(PROMPTS),
    stream: dice.chance(0.6),
    tier: dice.pick(TIERS[mount]),
    maxTokens: dice.int(1, 120),
    manner: dice.pick(['reads', 'reads', 'reads', 'reads', 'leaves', 'leaves-early', 'lingers', 'garbles'] as const),
    afterMs: dice.int(0, 300),
  };
}

/** Plays a client to its end. Rejects only where the connection broke though the client stayed. */
export async function playClient(url: string, plan: ClientPlan): Promise<Told> {
  const { manner, afterMs, mount, stream } = plan;
  const leaving = new AbortController();
  const body = chatBody({
    model: plan.model,
    stream,
    service_tier: plan.tier,
    max_tokens: plan.maxTokens,
    messages: [{ role: 'user', content: plan.prompt }],
  });
  const timer = manner === 'leaves' ? setTimeout(() => leaving.abort(), afterMs) : undefined;
  try {
    const answer = await fetch(url + CHAT_PATHS[mount], {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...plan.headers },
      body: manner === 'garbles' ? body.slice(0, body.length / 2) : body,
      signal: leaving.signal,
    });
    const told = { plan, status: answer.status, headers: answer.headers };
    if (manner === 'leaves-early') {
      leaving.abort();
      return told;
    }
    if (manner === 'lingers') await new Promise((resolve) => setTimeout(resolve, afterMs));
    return { ...told, text: await answer.text() };
  } catch (error) {
    if (leaving.signal.aborted) return { plan };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The text of a whole good answer, and how many tokens it is said to have; null for everything else. */
export function answerOf({ plan, status, text }: Told): { text: string; tokens: number | undefined } | null {
  if (status !== 200 || text === undefined) return null;
  if (!plan.stream) {
    const body = JSON.parse(text) as {
      error?: object;
      choices?: { message: { content: string } }[];
      usage?: { completion_tokens: number };
    };
    if (body.error !== undefined) return null;
    return { text: body.choices![0]!.message.content, tokens: body.usage!.completion_tokens };
  }
  const events = eventsIn(text);
  if (events.at(-1) !== '[DONE]') return null;
  const chunks = events.slice(0, -1).map((data) => JSON.parse(data) as { choices: { delta: { content?: string } }[] });
  return { text: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), tokens: undefined };
}
