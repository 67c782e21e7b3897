import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rowsOf } from './books.ts';
import {
  chunk,
  DONE,
  event,
  openStream,
  send,
  startFakeEngine,
  upstreamLine,
  wholeAnswer,
  works,
  type FakeEngine,
  type Script,
} from './fake-engine.ts';
import { startHouse, until, type House } from './harness.ts';
import {
  chat,
  eventsIn,
  expectNothingLeaks,
  MOUNTS,
  problemIn,
  textIn,
  untilIdle,
  type WireProblem,
} from './requests.ts';

const KEY = 'sk-very-secret-engine-key';
/** One run, and one more for each of the runs that may be lost. */
const RUNS_MAX = 3;

let fakes: FakeEngine[];
let house: House;
let log: string[];
beforeEach(async () => {
  log = [];
  fakes = await Promise.all([startFakeEngine(works), startFakeEngine(works)]);
  house = await startHouse({
    upstreams: fakes.map(({ url }, index) =>
      upstreamLine(`gpu-${index}`, url, `capacity: { slots: 4 }, apiKey: ${KEY}`),
    ),
    config: `
tiers: { standard: { patience: 1500ms }, flex: { patience: 1500ms } }
server: { upstreamFirstByteMax: 400ms, upstreamSilenceMax: 400ms }`,
    log: (line) => log.push(line),
  });
  await until(async () => (await house.metrics()).includes('offpeak_upstream_up{upstream="gpu-1"} 1'), 'both are up');
});
afterEach(async () => {
  await untilIdle(house);
  await until(() => fakes.every(({ open }) => open === 0), 'the engines are left alone');
  await house.close();
  await Promise.all(fakes.map((fake) => fake.close()));
  expect(log.join('\n')).not.toContain(KEY);
});

function every(script: Script): void {
  for (const fake of fakes) fake.script = script;
}

/** The first request on any engine gets `script`, the others work. */
function once(script: Script): void {
  let asked = 0;
  every((res, body, req) => {
    asked += 1;
    (asked === 1 ? script : works)(res, body, req);
  });
}

function received(): number {
  return fakes.reduce((sum, fake) => sum + fake.received, 0);
}

const die: Script = (res) => res.destroy();
const hang: Script = () => undefined;
const refuse =
  (status: number, body = '{"error":{"message":"from 10.0.0.5"}}'): Script =>
  (res) => {
    send(res, status, body);
  };
const begins =
  (text: string, end: 'die' | 'end' | 'hang' = 'end'): Script =>
  (res) => {
    openStream(res);
    res.write(text, () => {
      if (end === 'die') res.destroy();
      else if (end === 'end') res.end();
    });
  };
const short: Script = (res) => {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
  res.write(wholeAnswer(), () => res.destroy());
};
const long: Script = (res) => {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': 10 });
  res.socket?.write(wholeAnswer(), () => res.destroy());
};

const FORMS = [
  ['standard', 'unary', { service_tier: 'default' }],
  ['standard', 'streamed', { service_tier: 'default', stream: true }],
  ['flex', 'unary', { service_tier: 'flex' }],
  ['flex', 'streamed', { service_tier: 'flex', stream: true }],
] as const;

describe.each(FORMS)('%s, %s', (tier, form, words) => {
  const failed = async (status: number): Promise<WireProblem> => {
    const answer = await chat(house, words);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    const problem = problemIn(text);
    expect(problem.type).toBe('server_error');
    expect(problem.message).toMatch(/gpu-[01]/);
    expect(text).not.toMatch(/10\.0\.0\.5|sk-very/);
    expect((await rowsOf(house)).at(-1)).toMatchObject({
      outcome: 'failed',
      status,
      cost_nano_usd: 0,
      output_tokens: 0,
    });
    return problem;
  };

  test('an engine that fails before the client sees anything is replaced by another', async () => {
    const faults: readonly (readonly [string, Script])[] = [
      ['dies before it answers', die],
      ['hangs before it answers', hang],
      ['answers 500', refuse(500)],
      ['answers 429', refuse(429)],
      ['answers 503', refuse(503, 'busy')],
      ['dies after its headers', begins(': hello\n\n', 'die')],
      ['falls silent after its headers', begins(': hello\n\n', 'hang')],
      // A whole answer of nothing is garbage; a stream of nothing has only lost its end.
      ['ends its stream before it began', form === 'streamed' || tier === 'flex' ? begins('') : die],
    ];
    for (const [index, [what, fault]] of faults.entries()) {
      once(fault);
      const answer = await chat(house, words);
      const text = await answer.text();
      expect({ what, status: answer.status, text }).toMatchObject({ what, status: 200 });
      expect(form === 'unary' ? text : textIn(text)).toContain('ok');
      expect({ what, received: received() }).toEqual({ what, received: 2 * (index + 1) });
    }
    const rows = await rowsOf(house);
    expect(rows).toHaveLength(faults.length);
    for (const row of rows) expect(row).toMatchObject({ outcome: 'completed', served_tier: tier, wasted_tokens: 0 });
  });

  test.each([
    ['dies', die, 502, 'upstream_failed'],
    ['answers 500', refuse(500), 502, 'upstream_failed'],
    ['answers a web page', begins('<html>\u0000 "choices":[ </html>\n\n'), 502, 'upstream_failed'],
  ])('engines of which each %s: one clear error after bounded tries', async (_what, script, status, code) => {
    every(script);
    const problem = await failed(status);
    expect(problem.code).toBe(code);
    // Garbage in a unary answer is seen at once; in a stream only its missing end shows it.
    expect(received()).toBe(problem.message.includes('not a JSON object') ? 1 : RUNS_MAX);
  });

  // Each try takes its whole time, so not every form is tried.
  if (form === 'streamed') {
    test('engines of which each hangs: one clear error after bounded tries', async () => {
      every(hang);
      expect((await failed(504)).code).toBe('upstream_timeout');
      expect(received()).toBe(RUNS_MAX);
    });
  }

  test('engines whose answer no other try would better: one clear error after one', async () => {
    const answers = [
      begins('data: {"choices":[\n\n'),
      begins('data: 7\n\ndata: [DONE]\n\n'),
      begins(event({ error: { message: 'CUDA at 10.0.0.5' } })),
      refuse(401, `{"error":"${KEY} is wrong"}`),
      refuse(404),
      refuse(302),
    ];
    for (const [index, answer] of answers.entries()) {
      every(answer);
      expect((await failed(502)).code).toBe('upstream_failed');
      expect(received()).toBe(index + 1);
    }
    expect(await house.metrics()).not.toMatch(/offpeak_upstream_up\{[^}]*\} 0/);
  });

  test('engines that are all busy: not a failure, but no capacity', async () => {
    every(refuse(429));
    const answer = await chat(house, words);
    expect(answer.status).toBe(429);
    const problem = problemIn(await answer.text());
    expect(problem).toMatchObject({
      type: 'resource_unavailable',
      code: tier === 'flex' ? 'flex_unavailable' : 'capacity_contended',
    });
    expect(Number(answer.headers.get('retry-after-ms'))).toBeGreaterThan(0);
    // Both were asked, and again when they had had a rest.
    expect(received()).toBeGreaterThanOrEqual(4);
    expect(received()).toBeLessThanOrEqual(6);
    expect(await rowsOf(house)).toMatchObject([{ outcome: 'refused', status: 429, cost_nano_usd: 0 }]);
    // Being busy is no illness.
    expect(await house.metrics()).not.toMatch(/offpeak_upstream_up\{[^}]*\} 0/);
  });

  test('what the engine says against the request is passed on, in whatever form it says it', async () => {
    const said = 'top_k must be at least -1';
    const forms: readonly (readonly [number, string, string | null])[] = [
      [400, `{"object":"error","message":"${said}","param":"top_k","code":400}`, 'top_k'],
      [400, `{"error":{"message":"${said}","type":"BadRequestError","param":"top_k"}}`, 'top_k'],
      [413, `{"error":"${said}"}`, null],
      [422, said, null],
    ];
    for (const [status, body, param] of forms) {
      every(refuse(status, body));
      for (const mount of MOUNTS) {
        const answer = await chat(house, { ...words, service_tier: tier === 'flex' ? 'flex' : null }, { mount });
        expect(answer.status).toBe(status);
        const problem = problemIn(await answer.text(), mount);
        expect(problem).toMatchObject({ message: said, type: 'invalid_request_error' });
        expect(problem.param ?? null).toBe(param);
      }
    }
    expect(received()).toBe(forms.length * MOUNTS.length);
  });
});

describe('a unary answer', () => {
  test.each([
    ['shorter', short],
    ['longer', long],
  ])('that is %s than it said is not passed on', async (_what, script) => {
    every(script);
    const answer = await chat(house);
    expect(answer.status).toBe(502);
    problemIn(await answer.text());
    expect(received()).toBeLessThanOrEqual(RUNS_MAX);
  });

  test('with counts that are nonsense is passed on, and books nothing of them', async () => {
    every((res) => {
      send(
        res,
        200,
        wholeAnswer('ok', { usage: { prompt_tokens: -5, completion_tokens: 1e300, total_tokens: 'many' } }),
      );
    });
    expect((await chat(house)).status).toBe(200);
    expect(await rowsOf(house)).toMatchObject([{ outcome: 'completed', input_tokens: 0, output_tokens: 0 }]);
  });
});

describe('a stream that breaks after the client has seen some of it', () => {
  const breaks: readonly (readonly [string, (res: ServerResponse) => void])[] = [
    ['dies', (res) => res.destroy()],
    ['ends without an end', (res) => res.end()],
    ['falls silent', () => undefined],
    ['turns to garbage', (res) => res.end('data: {{\n\n')],
    ['tells an error', (res) => res.end(event({ error: { message: 'at 10.0.0.5' } }) + DONE)],
  ];

  describe.each(MOUNTS)('on the %s mount', (mount) => {
    test.each(breaks)(
      'because its engine %s: the error is told inside it, and nothing is owed',
      async (_what, breakIt) => {
        let engine: ServerResponse | undefined;
        every((res) => {
          openStream(res);
          res.write(chunk('one ') + chunk('two '));
          engine = res;
        });
        const answer = await chat(house, { stream: true }, { mount });
        expect(answer.status).toBe(200);
        let text = '';
        for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
          if (!text.includes('two') && (text + piece).includes('two')) breakIt(engine!);
          text += piece;
        }
        const events = eventsIn(text);
        expect(events).toHaveLength(3);
        const problem = problemIn(events[2]!, mount);
        expect(problem.code).toMatch(/^upstream_(failed|timeout)$/);
        expectNothingLeaks(text);
        expect(text).not.toContain('10.0.0.5');
        expect(received()).toBe(1);
        expect(await rowsOf(house)).toMatchObject([
          { outcome: 'failed', status: 200, output_tokens: 2, cost_nano_usd: 0 },
        ]);
      },
    );
  });
});

describe('an answer that is whole', () => {
  const whole =
    chunk('o') +
    chunk('k') +
    chunk('', 'stop') +
    event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } });

  test.each(FORMS.slice(1))(
    'is so although the engine leaves the connection open: %s, %s',
    async (_tier, form, words) => {
      every(begins(whole + DONE, 'hang'));
      const answer = await chat(house, words);
      const text = await answer.text();
      expect(form === 'unary' ? text : textIn(text)).toContain('ok');
      expect(text).not.toContain('error');
      // Neither the slot nor the engine's connection waits for the engine.
      await untilIdle(house);
      await until(() => fakes.every(({ open }) => open === 0), 'the connection is given up');
      expect(await rowsOf(house)).toMatchObject([{ outcome: 'completed', output_tokens: 2 }]);
    },
  );

  test.each(FORMS.slice(1))('is so although the mark after it never comes: %s, %s', async (_tier, form, words) => {
    every(begins(whole, 'hang'));
    const answer = await chat(house, words);
    const text = await answer.text();
    expect(form === 'unary' ? text : textIn(text)).toContain('ok');
    if (form === 'streamed') expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(await rowsOf(house)).toMatchObject([{ outcome: 'completed', output_tokens: 2 }]);
    expect(received()).toBe(1);
  });

  test.each(FORMS)('gives the connection back for the next request: %s, %s', async (_tier, _form, words) => {
    const sockets = new Set<unknown>();
    every((res, body, req) => {
      sockets.add(req.socket);
      works(res, body, req);
    });
    for (let turn = 0; turn < 6; turn += 1) await (await chat(house, words)).text();
    expect(sockets.size).toBeLessThanOrEqual(fakes.length);
  });
});

describe('a stream without an end', () => {
  test.each(FORMS.slice(1))('is cut off at what the model can hold: %s, %s', async (_tier, _form, words) => {
    const contextTokens = 2_000;
    for (const fake of fakes) fake.models = [{ id: 'sim-8b', max_model_len: contextTokens }];
    await house.close();
    house = await startHouse({ upstreams: fakes.map(({ url }, index) => upstreamLine(`gpu-${index}`, url)) });
    every((res) => {
      openStream(res);
      const more = (): void => {
        if (res.destroyed) return;
        res.write(chunk('on and ').repeat(100));
        setImmediate(more);
      };
      more();
    });
    const answer = await chat(house, words);
    const text = await answer.text();
    const told = words.service_tier === 'flex' && !('stream' in words) ? text : (eventsIn(text).at(-1) ?? '');
    expect(problemIn(told)).toMatchObject({ code: 'upstream_failed' });
    expect(text.length).toBeLessThan(contextTokens * 1_000);
    expect(await rowsOf(house)).toMatchObject([{ outcome: 'failed', cost_nano_usd: 0 }]);
  });
});
