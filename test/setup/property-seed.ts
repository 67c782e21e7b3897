import { configureGlobal, readConfigureGlobal } from 'fast-check';

/**
 * Property tests try the same cases every time, so that a change is judged by itself and not by the luck of the day. Another seed looks
 * elsewhere: `OFFPEAK_PROPERTY_SEED=random` draws one for each property, and a failure prints the one that it came from.
 */
const SEED_DEFAULT = '20261121';

const asked = process.env['OFFPEAK_PROPERTY_SEED'] ?? SEED_DEFAULT;
if (asked !== 'random') {
  if (!/^-?\d+$/.test(asked)) throw new Error(`OFFPEAK_PROPERTY_SEED is ${asked}; expected an integer, or random`);
  configureGlobal({ ...readConfigureGlobal(), seed: Number(asked) });
}
