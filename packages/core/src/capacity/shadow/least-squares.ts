/** What is thought before anything was seen, and how little that counts. */
export interface FirstGuess {
  readonly weights: readonly number[];
  readonly variances: readonly number[];
}

/**
 * Recursive least squares with forgetting: y = w . x, fitted sample by sample in O(n^2) without keeping any.
 * P is the inverse of the weighted sum of x x', K = P x / (f / weight + x' P x) the gain, w += K (y - w . x), P = (P - K x' P) / f.
 * Forgetting inflates P in directions in which nothing new is seen; each variance is bounded by its first value, so that a quiet hour
 * does not make one odd sample decide.
 */
export class LeastSquares {
  readonly weights: Float64Array;
  readonly #guess: FirstGuess;
  readonly #forgetting: number;
  readonly #p: Float64Array;
  readonly #px: Float64Array;

  constructor(guess: FirstGuess, forgetting: number) {
    const size = guess.weights.length;
    this.#guess = guess;
    this.#forgetting = forgetting;
    this.weights = Float64Array.from(guess.weights);
    this.#p = new Float64Array(size * size);
    this.#px = new Float64Array(size);
    this.loosen();
  }

  /** What was learned is kept as a first guess, and new samples count as if they were the first. */
  loosen(): void {
    this.#p.fill(0);
    this.#guess.variances.forEach((variance, at) => {
      this.#p[at * this.weights.length + at] = variance;
    });
  }

  forget(): void {
    this.weights.set(this.#guess.weights);
    this.loosen();
  }

  predict(x: Float64Array): number {
    let y = 0;
    for (let at = 0; at < this.weights.length; at += 1) {
      y += this.weights[at]! * x[at]!;
    }
    return y;
  }

  /** `error` is the sample less the prediction; the caller has it, perhaps bounded. `weight`: how many ordinary samples it stands for. */
  learn(x: Float64Array, error: number, weight: number): void {
    const size = this.weights.length;
    const p = this.#p;
    const px = this.#px;
    let spread = 0;
    for (let row = 0; row < size; row += 1) {
      let sum = 0;
      for (let column = 0; column < size; column += 1) {
        sum += p[row * size + column]! * x[column]!;
      }
      px[row] = sum;
      spread += sum * x[row]!;
    }
    const divisor = this.#forgetting / weight + spread;
    for (let row = 0; row < size; row += 1) {
      this.weights[row]! += (px[row]! / divisor) * error;
      for (let column = row; column < size; column += 1) {
        const value = (p[row * size + column]! - (px[row]! * px[column]!) / divisor) / this.#forgetting;
        // Both halves from one calculation: rounded apart, they would drift apart by a little more with each sample.
        p[row * size + column] = value;
        p[column * size + row] = value;
      }
    }
    this.#bound();
  }

  /** What is seen all the time is forgotten at its pace, also while another direction has long been at its bound. */
  #bound(): void {
    const p = this.#p;
    const { variances } = this.#guess;
    const size = variances.length;
    for (let at = 0; at < size; at += 1) {
      const variance = p[at * size + at]!;
      if (variance <= variances[at]!) {
        continue;
      }
      const scale = Math.sqrt(variances[at]! / variance);
      for (let other = 0; other < size; other += 1) {
        p[at * size + other]! *= scale;
        p[other * size + at]! *= scale;
      }
    }
  }
}
