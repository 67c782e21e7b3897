import { TraceProblem } from '../problem.ts';
import { csvFormat } from './csv.ts';
import type { TraceFormat } from './format.ts';
import { recorded, type Place } from './row.ts';

/** `2023-11-16 18:17:03.9799600`, and `2024-05-10 00:00:00.009930+00:00` in the later release; without an offset it is UTC. */
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[ T]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d(?:\.\d{1,9})?)(Z|[+-]\d{2}:\d{2})?$/;

export const azure: TraceFormat = csvFormat({
  title: 'Azure LLM inference trace',
  columns: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
  knownBy: ['ContextTokens', 'GeneratedTokens'],
  timeColumn: { name: 'TIMESTAMP', numeric: false },
  open: () => {
    const timeOf = timeReader();
    return (row) =>
      recorded(timeOf(row.place, row.text('TIMESTAMP')), row.tokens('ContextTokens'), row.tokens('GeneratedTokens'));
  },
});

/** Milliseconds from the first minute of the trace: from 1970 on, a double would not hold the 7 digits of the fraction. */
function timeReader(): (place: Place, text: string) => number {
  let firstMinute: number | undefined;
  // Neighbouring lines share their minute, and parsing dates is what reading a long trace would spend its time on.
  let minuteText = '';
  let minute = 0;
  return (place, text) => {
    const found = TIMESTAMP.exec(text);
    if (found !== null) {
      const [, day, clock, seconds, offset = 'Z'] = found;
      const spelled = `${day!}T${clock!}${offset}`;
      if (spelled !== minuteText) {
        minute = isDay(day!) ? Date.parse(spelled) : Number.NaN;
        minuteText = spelled;
      }
      if (!Number.isNaN(minute)) {
        firstMinute ??= minute;
        return minute - firstMinute + Math.round(Number(seconds) * 1e7) / 1e4;
      }
    }
    const expected = 'a date and time such as 2023-11-16 18:17:03.9799600 or 2024-05-10T00:00:00.009930+00:00';
    throw new TraceProblem({ ...place, what: 'TIMESTAMP', found: text, expected });
  };
}

/** The engine's parser takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
