/** Coefficients of Stirling's series for the logarithm of the gamma function. */
const STIRLING: readonly number[] = [1 / 12, -1 / 360, 1 / 1_260, -1 / 1_680];

/** From here on four terms of the series are good to more than ten digits. */
const STIRLING_FROM = 10;

/** Of numbers above 0; small ones are first lifted to where the series holds. */
export function gammaFunction(value: number): number {
  let divisor = 1;
  let lifted = value;
  while (lifted < STIRLING_FROM) {
    divisor *= lifted;
    lifted += 1;
  }
  let series = 0;
  STIRLING.forEach((coefficient, index) => (series += coefficient / lifted ** (2 * index + 1)));
  const logarithm = (lifted - 0.5) * Math.log(lifted) - lifted + 0.5 * Math.log(2 * Math.PI) + series;
  return Math.exp(logarithm) / divisor;
}
