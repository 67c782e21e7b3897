import { expect, test } from 'vitest';
import { Driver } from './testing/driver.ts';

function full(slots: number, options: ConstructorParameters<typeof Driver>[0] = {}): Driver {
  const driver = new Driver(options);
  driver.up('e', slots);
  for (let index = 1; index <= slots; index += 1) {
    driver.submit(`f${String(index)}`, 'flex');
  }
  return driver;
}

test('an interactive ticket takes the slot of a flex one, which resumes when there is room', () => {
  const driver = full(1);
  expect(driver.submit('s', 'standard')).toEqual(['evict f1 from e']);
  expect(driver.scheduler.engineView('e')).toMatchObject({ running: 1, evicting: 1 });
  driver.at = 40;
  expect(driver.stopped('f1', 'evicted', 5)).toEqual(['start s on e']);
  expect(driver.scheduler.served('f1')).toMatchObject({ state: 'queued', evictions: 1 });
  driver.at = 100;
  expect(driver.tell({ kind: 'finish', id: 's', outcome: 'completed', inputTokens: 10, outputTokens: 1 })).toEqual([
    { kind: 'start', id: 'f1', engine: 'e', tier: 'flex', why: 'asked', waitMs: 60, resume: true },
  ]);
});

test('flex and batch never evict', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('b', 'batch');
  expect(driver.submit('f', 'flex')).toEqual([]);
  expect(driver.submit('now', 'flex', { patienceMs: 0 })).toEqual(['refuse now at flex: contended']);
});

test('batch goes before flex, then whoever loses least, then the newest', () => {
  const driver = new Driver({ limits: { evictionsPerEngineMax: 9, evictionsPerDecisionMax: 1 } });
  driver.up('e', 5);
  driver.submit('old', 'flex');
  driver.submit('long', 'flex');
  driver.submit('new', 'flex');
  driver.submit('b', 'batch');
  driver.submit('safe', 'standard');
  driver.progress('long', 50);
  driver.progress('b', 900);
  expect(driver.submit('s1', 'standard')).toEqual(['evict b from e']);
  expect(driver.submit('s2', 'standard')).toEqual(['evict new from e']);
  expect(driver.submit('s3', 'standard')).toEqual(['evict old from e']);
  expect(driver.submit('s4', 'standard')).toEqual(['evict long from e']);
  expect(driver.submit('s5', 'standard')).toEqual([]);
});

test('who was turned away because an engine had given as much as it may at once asks again when it may give more', () => {
  const driver = new Driver({ limits: { evictionsPerEngineMax: 1 } });
  driver.up('e', 2, { models: ['m', 'n'] });
  driver.up('g', 1, { models: ['m', 'n'] });
  driver.submit('b', 'batch', { model: 'n' });
  driver.submit('f1', 'flex');
  driver.submit('f2', 'flex');
  expect(driver.submit('other', 'standard', { model: 'n', engines: ['e'] })).toEqual(['evict b from e']);
  expect(driver.submit('tied', 'standard', { engines: ['e', 'g'] })).toEqual(['evict f2 from g']);
  expect(driver.submit('any', 'standard')).toEqual([]);
  // The next one here is tied, for whom another engine gives already.
  expect(driver.stopped('b')).toEqual(['start other on e', 'evict f1 from e']);
});

test('room is made for whoever stood behind a ticket of another model that went elsewhere', () => {
  const driver = new Driver();
  driver.up('e', 9, { models: ['m', 'n'], kvTokens: 100 });
  driver.submit('chat', 'standard', { inputTokens: 20 });
  driver.submit('short', 'standard', { inputTokens: 10 });
  driver.submit('f', 'flex', { inputTokens: 30 });
  expect(driver.submit('large', 'priority', { inputTokens: 65 })).toEqual([]);
  expect(driver.submit('behind', 'standard', { model: 'n', inputTokens: 50 })).toEqual([]);
  // Even without flex the large one does not fit beside the chat, and the other one is not before it.
  expect(driver.finish('short')).toEqual([]);
  expect(driver.up('g', 9)).toEqual(['start large on g', 'evict f from e']);
  expect(driver.stopped('f')).toEqual(['start behind on e', 'start f on g again']);
});

test('no more is evicted than interactive tickets need, and on one engine no more at once than may be', () => {
  const driver = full(8);
  expect(driver.submit('s1', 'standard')).toHaveLength(1);
  expect(driver.submit('s2', 'priority')).toHaveLength(1);
  expect(driver.submit('s3', 'standard')).toEqual([]);
  expect(driver.stopped('f8')).toEqual(['start s2 on e', 'evict f6 from e']);
  expect(driver.stopped('f7')).toEqual(['start s1 on e']);
  expect(driver.stopped('f6')).toEqual(['start s3 on e']);
});

test('a ticket is evicted so many times and then never again', () => {
  const driver = full(1, { limits: { evictionsPerTicketMax: 2 } });
  for (const id of ['s1', 's2']) {
    expect(driver.submit(id, 'standard')).toEqual(['evict f1 from e']);
    driver.stopped('f1');
    expect(driver.finish(id)).toEqual(['start f1 on e again']);
  }
  expect(driver.submit('s3', 'standard')).toEqual([]);
});

test('what could not run again is not evicted', () => {
  const driver = new Driver();
  driver.up('e', 3);
  driver.submit('none', 'flex', { continuation: 'none' });
  driver.submit('committed', 'flex', { continuation: 'restart' });
  driver.submit('harder', 'flex');
  driver.tell({ kind: 'committed', id: 'committed' });
  driver.tell({ kind: 'progress', id: 'harder', outputTokens: 3, continuation: 'none' });
  expect(driver.submit('s', 'standard')).toEqual([]);
  expect(driver.submit('now', 'standard', { patienceMs: 0 })).toEqual(['refuse now at standard: contended']);
});

test('without patience an interactive ticket waits for the one eviction that is for it, and no longer', () => {
  const driver = full(1);
  expect(driver.submit('now', 'standard', { patienceMs: 0 })).toEqual(['evict f1 from e']);
  expect(driver.submit('too', 'standard', { patienceMs: 0 })).toEqual(['refuse too at standard: contended']);
  expect(driver.wait(9_999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['refuse now at standard: contended']);
});

test('an eviction that hangs keeps its slot, and another engine is used', () => {
  const driver = new Driver({ limits: { evictionConfirmMsMax: 100 } });
  driver.up('e', 1);
  driver.up('f', 1);
  driver.submit('f1', 'flex');
  driver.submit('f2', 'flex');
  const [first] = driver.submit('s', 'standard');
  const victim = first!.split(' ')[1]!;
  const other = victim === 'f1' ? 'f2' : 'f1';
  expect(driver.wait(100)).toEqual([expect.stringContaining(`evict ${other}`)]);
  expect(driver.stopped(other)).toEqual([expect.stringContaining('start s')]);
  // The hanging engine is not asked for more, and serves again once it let go.
  expect(driver.submit('s2', 'standard')).toEqual([]);
  expect(driver.stopped(victim)).toEqual([expect.stringContaining('start s2')]);
});

test('an evicted ticket that ends before it is stopped has ended', () => {
  const driver = full(1);
  driver.submit('s', 'standard');
  expect(driver.finish('f1')).toEqual(['start s on e']);
  expect(driver.stopped('f1')).toEqual([]);
  expect(driver.finish('s')).toEqual([]);
});

test('a resumed ticket goes before others of its project, and its patience starts again', () => {
  const driver = full(1);
  driver.submit('f2', 'flex', { deadlineAt: 0, patienceMs: 200_000 });
  driver.at = 50_000;
  driver.submit('s', 'standard', { patienceMs: 200_000 });
  driver.stopped('f1');
  driver.at = 100_000;
  expect(driver.finish('s')).toEqual(['start f1 on e again']);
});

test('KV: as many give way as the ticket needs, and none where even all would not do', () => {
  const driver = new Driver({ limits: { evictionsPerDecisionMax: 4, evictionsPerEngineMax: 4 } });
  driver.up('e', 8, { kvTokens: 100 });
  driver.submit('f1', 'flex', { inputTokens: 20 });
  driver.submit('f2', 'flex', { inputTokens: 20 });
  driver.submit('s0', 'standard', { inputTokens: 20 });
  expect(driver.submit('large', 'standard', { inputTokens: 60 })).toEqual(['evict f2 from e', 'evict f1 from e']);
  expect(driver.stopped('f2')).toEqual([]);
  expect(driver.stopped('f1')).toEqual(['start large on e']);

  const tight = new Driver();
  tight.up('e', 8, { kvTokens: 100 });
  tight.submit('s0', 'standard', { inputTokens: 50 });
  tight.submit('f1', 'flex', { inputTokens: 20 });
  expect(tight.submit('large', 'standard', { inputTokens: 80 })).toEqual([]);
});

test('evictions that one decision may not make follow in the next, at once', () => {
  const driver = new Driver({ limits: { evictionsPerDecisionMax: 1 } });
  driver.up('e', 8, { kvTokens: 100 });
  driver.submit('f1', 'flex', { inputTokens: 30 });
  driver.submit('f2', 'flex', { inputTokens: 30 });
  expect(driver.submit('large', 'standard', { inputTokens: 80 })).toEqual(['evict f2 from e']);
  expect(driver.scheduler.wakeAt()).toBe(0);
  expect(driver.wait(0)).toEqual(['evict f1 from e']);
  expect(driver.scheduler.wakeAt()).toBeGreaterThan(0);
});

test('an eviction on an engine that is gone is for nobody: another one follows at once', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('f', 1);
  driver.submit('f1', 'flex', { engines: ['e'] });
  driver.submit('f2', 'flex', { engines: ['f'] });
  driver.progress('f2', 5);
  expect(driver.submit('s', 'standard')).toEqual(['evict f1 from e']);
  expect(driver.tell({ kind: 'engine-down', engine: 'e' })).toEqual([
    { kind: 'evict', id: 'f2', engine: 'f', why: 'room' },
  ]);
  expect(driver.stopped('f2', 'evicted', 5)).toEqual(['start s on f']);
});
