import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CODECS, DIALECTS, EVENT_BYTES_MAX } from '@offpeak/dialects';
import { KeptInStream } from '../http/stored/kept-there.ts';
import { WatchedRelay } from './relay.ts';

function event(type: string, more: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
}

/** As base64: larger than any event of text. */
const PICTURE = 'A'.repeat(EVENT_BYTES_MAX + 1);
const ITEM = { type: 'image_generation_call', id: 'ig_1', result: PICTURE };
const WITH_PICTURE = [
  event('response.created', { response: { id: 'resp_1' } }),
  event('response.output_item.done', { item: ITEM }),
  event('response.completed', { response: { id: 'resp_1', output: [ITEM], usage: { input_tokens: 7 } } }),
].join('');

function relayed(relay: WatchedRelay, bytes: Buffer, pieceBytes: number): string {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const said = relay.push(bytes.subarray(at, at + pieceBytes), 0, 0);
    if (said !== null) out.push(said);
  }
  return Buffer.concat(out).toString('utf8');
}

test('an answer with a picture in it is handed on and kept', () => {
  const kept = new KeptInStream();
  const relay = new WatchedRelay(CODECS.responses.streamWatcher({}), DIALECTS.responses.streams, (events) => {
    kept.push(events);
  });
  expect(relayed(relay, Buffer.from(WITH_PICTURE), 16 * 1024) === WITH_PICTURE).toBe(true);
  expect(relay).toMatchObject({ marked: true, usage: { input: 7 } });
  expect(kept.kept).toEqual({ id: 'resp_1', items: ['ig_1'] });
});

const TEXT =
  event('response.created', { response: { id: 'resp_1' } }) +
  ': alive\r\n\r\n' +
  event('response.output_text.delta', { delta: 'é😀\n' }).replaceAll('\n', '\r\n') +
  event('response.completed', { response: { id: 'resp_1', usage: { input_tokens: 7, output_tokens: 1 } } });

test('wherever a stream is cut, whole events come out of it, all of them and as they were', () => {
  const bytes = Buffer.from(TEXT);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: bytes.length }), (pieceBytes) => {
      const relay = new WatchedRelay(CODECS.responses.streamWatcher({}), DIALECTS.responses.streams);
      expect(relayed(relay, bytes, pieceBytes)).toBe(TEXT);
      expect(relay.marked).toBe(true);
    }),
  );
});

test('of an answer that is whole, half an event behind it is not handed on', () => {
  const relay = new WatchedRelay(CODECS.anthropic.streamWatcher({}), DIALECTS.anthropic.streams);
  const stop = event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { input_tokens: 1 } });
  expect(relay.push(Buffer.from(`${stop}event: message_stop\ndata: {"ty`), 0, 0)?.toString()).toBe(stop);
  expect(relay).toMatchObject({ whole: true, marked: false });
  expect(relay.ending()).toBeNull();
});
