import { expect, test } from 'vitest';
import { parseTierMix } from './tier-mix.ts';

test.each([
  ['standard=1,flex=endless', { shares: { standard: 1 }, endlessFlex: true }],
  ['priority=0.2,standard=0.8', { shares: { priority: 0.2, standard: 0.8 }, endlessFlex: false }],
  [' standard = .5 , batch=0.25,flex=0.25', { shares: { standard: 0.5, batch: 0.25, flex: 0.25 }, endlessFlex: false }],
  [
    'standard=0.333,priority=0.333,flex=0.333',
    { shares: { standard: 0.333, priority: 0.333, flex: 0.333 }, endlessFlex: false },
  ],
])('%s', (text, mix) => {
  expect(parseTierMix(text)).toEqual(mix);
});

test.each([
  ['', 'has the part "" without one "="'],
  ['standard', 'has the part "standard" without one "="'],
  ['standard=1=1', 'has the part "standard=1=1" without one "="'],
  ['standard=1,', 'has the part "" without'],
  ['turbo=1', 'names the tier "turbo", which is none of priority, standard, flex, batch'],
  ['standard=0.5,standard=0.5', 'names standard twice'],
  ['standard=0.5,priority=0.4', 'has shares that add up to 0.9 instead of 1'],
  ['flex=endless', 'has shares that add up to 0 instead of 1'],
  ['standard=-1', 'has standard=-1, which is no share from 0 to 1'],
  ['standard=2', 'has standard=2, which is no share from 0 to 1'],
  ['standard=80%', 'has standard=80%, which is no share'],
  ['standard=', 'has standard=, which is no share'],
  ['standard=endless', 'has endless standard; only flex can be endless'],
])('%s is refused', (text, trouble) => {
  expect(() => parseTierMix(text)).toThrow(`the tier mix ${JSON.stringify(text)} ${trouble}`);
  expect(() => parseTierMix(text)).toThrow('expected such as "standard=1,flex=endless"');
});
