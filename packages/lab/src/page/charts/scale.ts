/** Puts values on an axis, and says where its marks are. */
export interface Scale {
  readonly ticks: readonly number[];
  readonly logarithmic: boolean;
  at(value: number): number;
}

/** About as many marks as fit without crowding. */
const TICKS = 5;
const LOGARITHMIC_TICKS_MAX = 8;
/** Values that differ more than that much are told apart on a logarithmic axis only. */
const LINEAR_RATIO_MAX = 40;

/** From 0 to a round number above all values. */
export function linearScale(values: readonly number[], from: number, to: number): Scale {
  return scaleFromZero(values, roundStep, from, to);
}

/** The same for what is counted, whose marks are whole. */
export function countScale(values: readonly number[], from: number, to: number): Scale {
  const wholeStep = (least: number): number => {
    const step = Math.max(1, roundStep(least));
    return step === 2.5 ? 5 : step;
  };
  return scaleFromZero(values, wholeStep, from, to);
}

function scaleFromZero(values: readonly number[], stepOf: (least: number) => number, from: number, to: number): Scale {
  const top = Math.max(0, ...finite(values));
  const step = stepOf((top === 0 ? 1 : top) / TICKS);
  const count = Math.max(1, Math.ceil(top / step - 1e-9));
  return {
    logarithmic: false,
    ticks: Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12))),
    at: (value) => from + ((to - from) * value) / (count * step),
  };
}

/** Between round numbers around all values: for points, whose distance from 0 is not what is compared. */
export function spanScale(values: readonly number[], from: number, to: number): Scale {
  const known = finite(values);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0 || low === high) return linearScale(values, from, to);
  const step = roundStep((high - low) / TICKS);
  const first = Math.floor(low / step + 1e-9);
  const count = Math.max(1, Math.ceil(high / step - 1e-9) - first);
  return {
    logarithmic: false,
    ticks: Array.from({ length: count + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12))),
    at: (value) => from + ((to - from) * (value / step - first)) / count,
  };
}

/** Logarithmic where the values need it. Zero is then drawn at the lower end. */
export function latencyScale(values: readonly number[], from: number, to: number): Scale {
  const above = finite(values).filter((value) => value > 0);
  const low = Math.min(...above);
  const high = Math.max(...above);
  if (above.length === 0 || high / low <= LINEAR_RATIO_MAX) return linearScale(values, from, to);
  const marks = roundBetween(low, high);
  const [bottom, top] = [Math.log10(marks[0]!), Math.log10(marks.at(-1)!)];
  return {
    logarithmic: true,
    ticks: marks.length <= LOGARITHMIC_TICKS_MAX ? marks : marks.filter((mark) => Number.isInteger(Math.log10(mark))),
    at: (value) => {
      const place = value > 0 ? (Math.log10(value) - bottom) / (top - bottom) : 0;
      return from + (to - from) * Math.max(0, place);
    },
  };
}

/** 1, 2 and 5 times powers of ten, from the last not above the lower bound to the first not below the upper one. */
function roundBetween(low: number, high: number): number[] {
  const power = Math.floor(Math.log10(low));
  const decades = Math.ceil(Math.log10(high)) - power + 1;
  const all = Array.from({ length: decades * 3 + 1 }, (_, index) =>
    Number(([1, 2, 5][index % 3]! * 10 ** (power + Math.floor(index / 3))).toPrecision(6)),
  );
  const first = all.findLastIndex((mark) => mark <= low);
  return all.slice(Math.max(0, first), all.findIndex((mark) => mark >= high) + 1);
}

/** 1, 2, 2.5 or 5 times a power of ten, not below what is given. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((step) => step * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function finite(values: readonly number[]): readonly number[] {
  return values.filter(Number.isFinite);
}
