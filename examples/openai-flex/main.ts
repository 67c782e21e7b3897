import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: `${process.env['OFFPEAK_URL'] ?? 'http://127.0.0.1:8787'}/v1`,
  apiKey: process.env['OFFPEAK_KEY'] ?? 'none',
});
const MODEL = 'sim-8b';
/** A shorter hint is worth waiting for; a longer one is not, at the price of standard. */
const WAIT_MS_MAX = 5_000;
const FLEX_ATTEMPTS_MAX = 2;

interface Served {
  readonly text: string;
  readonly tier: string;
  readonly usd: number;
}

/** Half price if there is capacity now or soon, else the normal price: the caller's rule, in one place. */
async function flexOrStandard(prompt: string): Promise<Served> {
  for (let attempt = 1; attempt <= FLEX_ATTEMPTS_MAX; attempt += 1) {
    try {
      return await ask(prompt, 'flex');
    } catch (error) {
      const retryAfterMs = retryAfterOf(error);
      if (retryAfterMs === null) throw error;
      console.log(`  flex_unavailable, not charged; told to come back in ${retryAfterMs} ms`);
      if (retryAfterMs > WAIT_MS_MAX) break;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }
  return ask(prompt, 'default');
}

async function ask(prompt: string, tier: 'flex' | 'default'): Promise<Served> {
  // Without this header flex waits up to 15 minutes for capacity, and the SDK's timeout has to allow for that.
  const headers = tier === 'flex' ? { 'offpeak-max-wait': '0' } : {};
  const { data, response } = await client.chat.completions
    .create(
      { model: MODEL, service_tier: tier, max_tokens: 32, messages: [{ role: 'user', content: prompt }] },
      { headers },
    )
    .withResponse();
  return {
    text: data.choices[0]?.message.content ?? '',
    tier: data.service_tier ?? 'unknown',
    usd: Number(response.headers.get('offpeak-cost-usd')),
  };
}

/** Null: it failed for another reason. The SDK has not retried: the answer told it to leave that to its caller. */
function retryAfterOf(error: unknown): number | null {
  if (!(error instanceof OpenAI.APIError) || error.code !== 'flex_unavailable') return null;
  return Number(error.headers?.get('retry-after-ms') ?? WAIT_MS_MAX + 1);
}

/** Takes the only slot, as a chat would, until `stop`. */
async function occupy(): Promise<{ stop: () => void }> {
  const endless = { ignore_eos: true };
  const stream = await client.chat.completions.create({
    model: MODEL,
    stream: true,
    max_tokens: 1_000,
    messages: [{ role: 'user', content: 'Tell me everything.' }],
    ...endless,
  });
  const events = stream[Symbol.asyncIterator]();
  await events.next();
  return {
    stop: () => {
      stream.controller.abort();
    },
  };
}

function show({ text, tier, usd }: Served): void {
  console.log(`  served as ${tier} for $${usd.toFixed(9)}: ${text.slice(0, 40)}...`);
}

console.log('The engine is idle:');
show(await flexOrStandard('Summarise contract 1.'));
console.log('A chat uses it:');
const chat = await occupy();
show(await flexOrStandard('Summarise contract 2.'));
chat.stop();
