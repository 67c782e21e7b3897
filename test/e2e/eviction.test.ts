import { afterEach, describe, expect, test } from 'vitest';
import { OPENAI_7, type ChunkStream, type TextChunk } from '../conformance/sdks.ts';
import { checkBooks, readMetrics, rowsOf, slotsTaken, total, Witness, type Row } from './books.ts';
import { startHouse, until, type House, type HouseOptions } from './harness.ts';
import { hold } from './occupy.ts';
import { speak, type Heard, type Spoken, type Voice } from './voice.ts';

/**
 * Interactive requests take the slots of flex requests. Whoever loses one notices a pause and nothing else: the text is the one
 * that an undisturbed engine gives, and it is paid for once.
 */

/** Slow enough that an answer of hundreds of tokens is still under way when the burst comes, however busy the machine is. */
const SLOW = 4;

let house: House;
let witness: Witness;

async function start(options: HouseOptions): Promise<void> {
  house = await startHouse(options);
  witness = new Witness();
}

afterEach(async () => {
  try {
    await checkBooks(house, witness);
  } finally {
    await house.close();
  }
});

const say = (spoken: Spoken): Voice => speak(house, witness, spoken);

/** Short, and never in the way of what it is sent for. */
function urgent(index: number, tier = 'default'): Voice {
  return say({ prompt: `Urgent question ${index}`, tokens: 8, stream: true, tier });
}

/** What the same requests hear on engines that nobody disturbs. */
function undisturbed(all: readonly Spoken[]): Promise<Heard[]> {
  return Promise.all(all.map((spoken) => say({ ...spoken, tier: 'default' }).end));
}

async function expectSame(voices: readonly Voice[], undisturbedOnes: readonly Heard[]): Promise<void> {
  for (const [index, voice] of voices.entries()) {
    const heard = await voice.end;
    const { text, finish, usage } = undisturbedOnes[index]!;
    expect(heard.text).toBe(text);
    expect(heard.finish).toBe(finish);
    // What the engine found in its cache depends on the time; the rest does not.
    const { prompt_tokens, completion_tokens, total_tokens } = usage!;
    expect(heard.usage).toMatchObject({ prompt_tokens, completion_tokens, total_tokens });
    expect(heard.ids).toHaveLength(1);
    expect(heard.tiers).toEqual(['flex']);
  }
}

async function flexRows(): Promise<Row[]> {
  return (await rowsOf(house)).filter(({ served_tier: tier }) => tier === 'flex');
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((all, row) => all + of(row), 0);
}

async function textOfChunks(chunks: ChunkStream<TextChunk>): Promise<string> {
  let text = '';
  for await (const { choices } of chunks) text += choices[0]?.text ?? '';
  return text;
}

/** The most requests that the gateway, and its engine, ever held at the same time. */
function watchLoad(): () => Promise<{ readonly gateway: number; readonly engine: number }> {
  let gateway = 0;
  let engine = 0;
  let watching = true;
  const watch = async (): Promise<void> => {
    while (watching) {
      const { runningRequests, waitingRequests } = house.engines[0]!.stats();
      engine = Math.max(engine, runningRequests + waitingRequests);
      gateway = Math.max(gateway, slotsTaken(await house.metrics()));
    }
  };
  const watched = watch();
  return async () => {
    watching = false;
    await watched;
    return { gateway, engine };
  };
}

describe('a burst takes the slots of flex requests', () => {
  const SLOTS = 4;
  const FLEX: readonly Spoken[] = [
    { prompt: 'Tell of the tides', tokens: 300, stream: true },
    { prompt: 'Tell of the moon', tokens: 300, stream: false },
    { prompt: 'Tell of the wind', tokens: 300, stream: true },
    { prompt: 'Tell of the night', tokens: 300, stream: false },
  ];

  test('their text and usage are those of an undisturbed run, and everything is paid for once', async () => {
    await start({ engines: [{ slots: SLOTS, speed: SLOW }] });
    const alone = await undisturbed(FLEX);
    const before = house.engines[0]!.stats();
    const mostHeld = watchLoad();
    const voices = FLEX.map((spoken) => say({ ...spoken, tier: 'flex' }));
    await until(() => {
      const { runningRequests, generatedTokens } = house.engines[0]!.stats();
      return runningRequests === SLOTS && generatedTokens - before.generatedTokens > 4 * SLOTS;
    }, 'all flex requests are under way');
    const burst = Array.from({ length: SLOTS }, (_, index) => urgent(index));
    await Promise.all(burst.map(({ end }) => end));
    // Served while every flex request still had most of its answer before it.
    expect(voices.map(({ over }) => over)).toEqual(voices.map(() => false));
    await expectSame(voices, alone);

    const rows = await flexRows();
    expect(rows).toHaveLength(FLEX.length);
    expect(sum(rows, ({ evictions }) => evictions)).toBe(burst.length);
    expect(sum(rows, ({ wasted_tokens: wasted }) => wasted)).toBe(0);
    for (const row of rows) expect(row).toMatchObject({ outcome: 'completed', output_tokens: 300 });
    // A stream's headers went out before its eviction; a unary answer's say how many there were.
    const told = await Promise.all(voices.map(async ({ end }) => Number((await end).headers.get('offpeak-evictions'))));
    expect(told.filter((_, index) => FLEX[index]!.stream !== true)).toEqual(
      rows.filter(({ stream }) => stream === 0).map(({ evictions }) => evictions),
    );
    const most = await mostHeld();
    expect(most.gateway).toBe(SLOTS);
    // The connection that closes and the one that opens may cross on their way to the engine.
    expect(most.engine).toBeLessThanOrEqual(SLOTS + burst.length);
  });
});

describe('how a request goes on depends on what it is', () => {
  const ONE_SLOT: HouseOptions = { engines: [{ slots: 1, speed: SLOW }] };
  /** Arguments of some hundred tokens. */
  const FORM = {
    tools: [
      {
        type: 'function',
        function: {
          name: 'fill_form',
          parameters: {
            type: 'object',
            properties: Object.fromEntries(
              Array.from({ length: 40 }, (_, field) => [`field_${field}`, { type: 'string' }]),
            ),
            required: Array.from({ length: 40 }, (_, field) => `field_${field}`),
          },
        },
      },
    ],
    tool_choice: 'required',
    ignore_eos: false,
  };
  const CALL: Spoken = { prompt: 'Fill it in', tokens: 2_000, more: FORM };

  test('a tool call that nobody has seen anything of starts again, and what was lost is not billed', async () => {
    await start(ONE_SLOT);
    const alone = await undisturbed([CALL]);
    const before = house.engines[0]!.stats().generatedTokens;
    const voice = say({ ...CALL, tier: 'flex' });
    await until(() => house.engines[0]!.stats().generatedTokens > before + 10, 'the tool call is under way');
    await urgent(0).end;
    expect(voice.over).toBe(false);
    await expectSame([voice], alone);
    const [row] = await flexRows();
    expect(row).toMatchObject({ evictions: 1, output_tokens: alone[0]!.usage!.completion_tokens });
    expect(row!.wasted_tokens).toBeGreaterThan(0);
  });

  test('a streamed tool call is evicted before its first byte', async () => {
    await start(ONE_SLOT);
    const streamed = { ...CALL, stream: true };
    const alone = await undisturbed([streamed]);
    const received = house.engines[0]!.stats().receivedRequests;
    house.engines[0]!.faults.inject({ kind: 'hang' });
    const voice = say({ ...streamed, tier: 'flex' });
    await until(() => house.engines[0]!.stats().receivedRequests > received, 'it holds the slot');
    await urgent(0).end;
    await expectSame([voice], alone);
    expect((await flexRows())[0]).toMatchObject({ evictions: 1, wasted_tokens: 0 });
  });

  test('a streamed tool call is immune after its first byte: the interactive request waits for its end', async () => {
    await start(ONE_SLOT);
    const streamed = { ...CALL, stream: true };
    const alone = await undisturbed([streamed]);
    const voice = say({ ...streamed, tier: 'flex' });
    await until(() => voice.chunks > 3, 'its client has heard some of it');
    await urgent(0).end;
    expect(voice.over).toBe(true);
    await expectSame([voice], alone);
    expect((await flexRows())[0]).toMatchObject({ evictions: 0, wasted_tokens: 0 });
  });

  test('after three evictions a request is left alone', async () => {
    await start(ONE_SLOT);
    const long: Spoken = { prompt: 'Tell of patience', tokens: 400, stream: true };
    const alone = await undisturbed([long]);
    const voice = say({ ...long, tier: 'flex' });
    for (let times = 0; times < 3; times += 1) {
      const heard = voice.chunks;
      await until(() => voice.chunks > heard + 3, 'it goes on');
      await urgent(times).end;
      expect(voice.over).toBe(false);
    }
    const heard = voice.chunks;
    await until(() => voice.chunks > heard + 3, 'it goes on');
    await urgent(3).end;
    expect(voice.over).toBe(true);
    await expectSame([voice], alone);
    expect((await flexRows())[0]).toMatchObject({ evictions: 3, wasted_tokens: 0, output_tokens: 400 });
  });

  test.each([true, false])('legacy completions go on too, stream %s', async (stream) => {
    await start(ONE_SLOT);
    const body = { model: 'sim-8b', prompt: 'Once upon a time', max_tokens: 200, ignore_eos: true };
    const client = OPENAI_7.connect(`${house.url}/v1`, { fetch: witness.fetch });
    const alone = await client.completions.create(body);
    const before = house.engines[0]!.stats().generatedTokens;
    const flex = stream
      ? client.completions.create({ ...body, service_tier: 'flex', stream }).then(textOfChunks)
      : client.completions.create({ ...body, service_tier: 'flex' }).then(({ choices }) => choices[0]!.text);
    await until(() => house.engines[0]!.stats().generatedTokens > before + 10, 'it is under way');
    await urgent(0).end;
    expect(await flex).toBe(alone.choices[0]!.text);
    expect((await flexRows())[0]).toMatchObject({ evictions: 1, wasted_tokens: 0, output_tokens: 200 });
  });

  test('where the engine cannot continue a message, a unary request starts again', async () => {
    await start({ engines: [{ slots: 1, speed: SLOW, kind: 'openai' }] });
    const long: Spoken = { prompt: 'Tell of beginnings', tokens: 200 };
    const alone = await undisturbed([long]);
    const before = house.engines[0]!.stats().generatedTokens;
    const voice = say({ ...long, tier: 'flex' });
    await until(() => house.engines[0]!.stats().generatedTokens > before + 10, 'it is under way');
    await urgent(0).end;
    await expectSame([voice], alone);
    const [row] = await flexRows();
    expect(row).toMatchObject({ evictions: 1, output_tokens: 200 });
    expect(row!.wasted_tokens).toBeGreaterThan(0);
  });
});

describe('an engine that is lost', () => {
  const TWO: HouseOptions = {
    engines: [
      { slots: 2, speed: SLOW },
      { slots: 2, speed: SLOW },
    ],
  };

  test.each([true, false])('flex goes on where it was on another engine, stream %s', async (stream) => {
    await start(TWO);
    const long: Spoken = { prompt: 'Tell of the road', tokens: 300, stream };
    const alone = await undisturbed([long]);
    const before = house.engines.map((engine) => engine.stats().generatedTokens);
    const voice = say({ ...long, tier: 'flex' });
    const busy = (): number =>
      house.engines.findIndex((engine, index) => engine.stats().generatedTokens > before[index]! + 10);
    await until(() => busy() >= 0, 'it is under way');
    const lost = busy();
    await house.engines[lost]!.close();
    expect(voice.over).toBe(false);
    await expectSame([voice], alone);
    const [row] = await flexRows();
    expect(row).toMatchObject({ upstream: `gpu-${1 - lost}`, evictions: 0, wasted_tokens: 0, output_tokens: 300 });
    // Where it ended is told by what is sent at the end.
    const { headers } = await voice.end;
    expect(headers.get('offpeak-upstream')).toBe(`gpu-${stream ? lost : 1 - lost}`);
  });
});

describe('order', () => {
  test('priority goes before standard, and standard before flex', async () => {
    await start({ engines: [{ slots: 1 }] });
    const release = await hold(house);
    const served: string[] = [];
    const asked: Promise<unknown>[] = [];
    for (const [index, tier] of ['flex', 'default', 'priority'].entries()) {
      const voice = say({ prompt: `Question ${index}`, tokens: 2, tier });
      asked.push(voice.end.then(() => served.push(tier)));
      await until(async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') > index, 'it waits');
    }
    await release();
    await Promise.all(asked);
    expect(served).toEqual(['priority', 'default', 'flex']);
  });

  test('an interactive request never takes the slot of another', async () => {
    await start({ engines: [{ slots: 1, speed: SLOW }] });
    const running = say({ prompt: 'I was first', tokens: 100, stream: true, tier: 'default' });
    await until(() => running.chunks > 3, 'it is under way');
    await urgent(0, 'priority').end;
    expect(running.over).toBe(true);
    expect(sum(await rowsOf(house), ({ evictions }) => evictions)).toBe(0);
  });
});
