import { expect, test } from 'vitest';
import { answerOfItem, ownItemId } from './item-ids.ts';

test('an item that was made here tells its answer', () => {
  expect(answerOfItem(ownItemId('msg', '14c70c0c60a10000005', 0))).toBe('resp_14c70c0c60a10000005');
  expect(answerOfItem(ownItemId('rs', 'with_bars_in_it', 12))).toBe('resp_with_bars_in_it');
});

test.each(['msg_68af4030592c81938ec0a5fbab4a3e9f', 'msg_offpeak_', 'msg_offpeak__0', 'msg_offpeak_1', '', 7, null])(
  '%j belongs to no answer that was made here',
  (id) => {
    expect(answerOfItem(id)).toBeNull();
  },
);
