import { describe, expect, test } from 'vitest';
import { shadowCapacity } from '../capacity/default-capacity.ts';
import { DEFAULT_SCHEDULER_LIMITS } from './scheduler-limits.ts';
import { Driver, lines } from './testing/driver.ts';

const STEP_MS = 10;
const PROMPT_MS_PER_TOKEN = 0.04;

function firstToken(driver: Driver, id: string): string[] {
  return lines(driver.tell({ kind: 'first-token', id }));
}

/**
 * Engines with a shadow model each, and on `e` a chat that streams without end, by whose tokens the model has learned what steps and
 * prompts take there.
 */
function taught(engines: readonly string[], options: ConstructorParameters<typeof Driver>[0] = {}): Driver {
  const driver = new Driver({ ...options, capacity: shadowCapacity() });
  driver.up('e', 16);
  driver.submit('chat', 'standard');
  firstToken(driver, 'chat');
  let tokens = 0;
  const step = (ms: number): void => {
    tokens += 1;
    driver.at += ms;
    driver.progress('chat', tokens);
  };
  for (let index = 0; index < 200; index += 1) step(STEP_MS);
  for (let index = 0; index < 40; index += 1) {
    const id = `taught${String(index)}`;
    const inputTokens = 500 + ((index * 137) % 1_500);
    driver.submit(id, 'standard', { inputTokens });
    step(STEP_MS + PROMPT_MS_PER_TOKEN * inputTokens);
    firstToken(driver, id);
    for (let more = 0; more < 4; more += 1) step(STEP_MS);
    driver.finish(id);
  }
  for (const engine of engines) driver.up(engine, 16);
  return driver;
}

const LONG = { inputTokens: 20_000 };

describe('the prompt of a flex ticket', () => {
  test('gives way to that of a chat, and returns to the same engine when that one is read', () => {
    const driver = taught([]);
    expect(driver.submit('f', 'flex', LONG)).toEqual(['start f on e']);
    expect(driver.submit('s', 'standard')).toEqual(['evict f from e', 'start s on e']);
    driver.up('g', 16);
    expect(driver.stopped('f')).toEqual([]);
    expect(driver.scheduler.served('f')).toMatchObject({ state: 'queued', evictions: 1 });
    driver.at += STEP_MS;
    expect(firstToken(driver, 's')).toEqual(['start f on e again']);
  });

  test('stays where it is short, or where it may not be evicted', () => {
    for (const spec of [{ inputTokens: 50 }, { ...LONG, continuation: 'none' as const }]) {
      const driver = taught([]);
      driver.submit('f', 'flex', spec);
      expect(driver.submit('s', 'standard')).toEqual(['start s on e']);
    }
  });

  test('goes elsewhere when it has waited long for its cache', () => {
    const driver = taught([]);
    driver.submit('f', 'flex', LONG);
    driver.submit('s', 'standard');
    driver.stopped('f');
    driver.up('g', 16);
    const { tieMsMax } = DEFAULT_SCHEDULER_LIMITS;
    expect(driver.wait(tieMsMax - 1)).toEqual([]);
    expect(driver.wait(1)).toEqual(['start f on g again']);
  });

  test.each(['engine-down', 'engine-removed'] as const)('goes elsewhere when that engine is gone: %s', (kind) => {
    for (const isStopped of [true, false]) {
      const driver = taught([]);
      driver.submit('f', 'flex', LONG);
      driver.submit('s', 'standard');
      driver.up('g', 16);
      if (isStopped) {
        driver.stopped('f');
        expect(lines(driver.tell({ kind, engine: 'e' }))).toEqual(['start f on g again']);
      } else {
        driver.tell({ kind, engine: 'e' });
        expect(driver.stopped('f')).toEqual(['start f on g again']);
      }
    }
  });

  test('gives way so often and then no more', () => {
    const driver = taught([], { limits: { evictionsPerTicketMax: 1 } });
    driver.submit('f', 'flex', LONG);
    driver.submit('s', 'standard');
    driver.stopped('f');
    firstToken(driver, 's');
    expect(driver.scheduler.served('f')?.state).toBe('running');
    expect(driver.submit('s2', 'standard')).toEqual(['start s2 on e']);
  });
});

describe('streams of flex make way for prompts that wait inside their engine', () => {
  /** Chat's tokens go on coming, one each `gapMs`. */
  function beats(driver: Driver, gapMs: number, count: number, from: number): string[] {
    return Array.from({ length: count }, (_, index) => {
      driver.at += gapMs;
      return driver.progress('chat', from + index);
    }).flat();
  }

  function crowded(): Driver {
    const driver = taught([]);
    for (const id of ['f', 'g', 'h']) {
      driver.submit(id, 'flex');
      firstToken(driver, id);
    }
    for (const id of ['s1', 's2', 's3']) expect(driver.submit(id, 'standard', LONG)).toEqual([`start ${id} on e`]);
    return driver;
  }

  test('and are not being read, two at a time', () => {
    const driver = crowded();
    expect(beats(driver, 2 * STEP_MS, 150, 401)).toEqual(['evict h from e', 'evict g from e']);
    driver.stopped('h');
    driver.stopped('g');
    expect(beats(driver, 2 * STEP_MS, 1, 600)).toEqual(['evict f from e']);
  });

  test('and not for those that are being read as fast as can be', () => {
    expect(beats(crowded(), STEP_MS + 2_048 * PROMPT_MS_PER_TOKEN, 50, 401)).toEqual([]);
  });
});

describe('the stream that is followed moves on', () => {
  test('when it is evicted, at once', () => {
    const driver = new Driver({ capacity: shadowCapacity() });
    driver.up('e', 2);
    driver.submit('f', 'flex');
    expect(firstToken(driver, 'f')).toEqual(['watch f']);
    driver.submit('s', 'standard');
    firstToken(driver, 's');
    expect(driver.submit('s2', 'standard')).toEqual(['evict f from e', 'watch s']);
    driver.stopped('f');
    expect(driver.finish('s')).toEqual([]);
    expect(firstToken(driver, 's2')).toEqual(['watch s2', 'start f on e again']);
  });

  test('when it is lost or cancelled', () => {
    const driver = new Driver({ capacity: shadowCapacity() });
    driver.up('e', 4);
    for (const id of ['a', 'b', 'c']) {
      driver.submit(id, 'standard');
      firstToken(driver, id);
    }
    expect(driver.stopped('a', 'lost')).toEqual(['watch c']);
    expect(lines(driver.tell({ kind: 'cancel', id: 'c' }))).toEqual(['watch b']);
  });
});

test('an answer that begins anew is followed from its first token', () => {
  const driver = new Driver({ capacity: shadowCapacity() });
  driver.up('e', 4);
  driver.submit('f', 'flex', { continuation: 'restart' });
  firstToken(driver, 'f');
  driver.progress('f', 40);
  driver.stopped('f', 'lost', 40);
  driver.wait(1_000);
  firstToken(driver, 'f');
  for (let tokens = 1; tokens <= 30; tokens += 1) {
    driver.at += STEP_MS;
    driver.progress('f', tokens);
  }
  expect(driver.scheduler.engineView('e')?.model?.samples).toBeGreaterThan(20);
});
