import type { EngineLoad, WorkCosts } from '../capacity-model.ts';
import { LeastSquares } from './least-squares.ts';

/** Features are scaled to about 1, so that one start of the uncertainty suits them all. */
const STREAMS_UNIT = 64;
const CONTEXT_UNIT = 65_536;
const PROMPT_UNIT = 2_048;
/**
 * First guesses in ms, those of an 8B model on a current GPU, and their variances. Streams and contexts grow together, so which of them
 * costs how much is told apart slowly; until then the guess keeps both from running off in opposite directions.
 */
const STEP_GUESS = { weights: [10, 0.5, 4], variances: [1e4, 4, 40] } as const;
const PROMPT_GUESS = { weights: [40, 0], variances: [1e4, 100] } as const;
/** Each step counts half as much as one 700 steps (some ten seconds) later. */
const STEP_FORGETTING = 0.999;
const EPISODE_FORGETTING = 0.99;
const ERROR_SMOOTHING = 0.02;
/** Errors beyond this many times the usual one are bounded: a pause of the network is not a property of the engine. */
const OUTLIER_FACTOR = 4;
const OUTLIER_SHARE = 0.02;
/** So many bounded errors in a row and of one sign are no outliers: the engine has changed. */
const DRIFT_SAMPLES = 24;
/** Shorter gaps are those of tokens that came in one piece. */
const MS_MIN = 0.01;
/** Longer than any step: an engine that stood still tells nothing about its steps. */
const GAP_MS_MAX = 5_000;
/** A gap over many steps tells their mean well, but no better than this many samples. */
const STEPS_PER_SAMPLE_MAX = 8;
/** An answer's pace is a mean over its life; this is shorter, so that it is corrected before many answers are over. */
const PACE_WINDOW_MS = 1_000;
/** Prompts are read in nearly every step of a busy engine; such an episode is closed where it is. */
const EPISODE_BEATS_MAX = 400;
const EPISODES_MIN = 6;

/**
 * Step time of an engine, learned from outside.
 * - A decode step takes base + perStream * B + perContext * C. Gaps between tokens while no prompt is read are samples of it.
 * - Reading prompts lengthens steps. An episode is a span of beats in which prompts are read; what it took beyond its decode steps
 *   is what the prompts cost: perToken * tokens + perPrompt * prompts. The first tokens of a prompt ride along for nothing in a step
 *   that reads all weights anyway, which makes `perPrompt` negative on most engines.
 */
export class StepModel {
  readonly #decode = new LeastSquares(STEP_GUESS, STEP_FORGETTING);
  readonly #prompt = new LeastSquares(PROMPT_GUESS, EPISODE_FORGETTING);
  /** The weights of both, for one stream, one token or one prompt, side by side: every placement asks every engine's model. */
  readonly #terms = new Float64Array(5);
  readonly #x = new Float64Array(3);
  readonly #xp = new Float64Array(2);
  #samples = 0;
  #error = 1;
  /** Usual absolute error in ms. */
  #errorMs = 0;
  #outliers = 0;
  /** Samples since the start, or since the engine was seen to have changed. */
  #settled = 0;
  #episodes = 0;
  readonly #episode = { beats: 0, gapMs: 0, decodeMs: 0, tokens: 0, prompts: 0, clouded: false };
  #paceMs = 0;
  #promptsSinceBeat = 0;
  #wasReading = false;

  constructor() {
    this.#setTerms();
  }

  /** Decode steps that it learned from. */
  get samples(): number {
    return this.#samples;
  }

  /** Mean absolute error of late, as a share of the actual step times. */
  get error(): number {
    return this.#error;
  }

  get costs(): Omit<WorkCosts, 'workShare'> {
    const terms = this.#terms;
    return { tokenMs: terms[1]!, contextTokenMs: terms[2]!, promptTokenMs: terms[3]!, promptMs: terms[4]! };
  }

  /** Time per token of late, whatever the steps were busy with. */
  get paceMs(): number {
    return this.#paceMs;
  }

  get knowsPrompts(): boolean {
    return this.#episodes >= EPISODES_MIN;
  }

  forget(): void {
    this.#decode.forget();
    this.#prompt.forget();
    this.#setTerms();
    this.#samples = 0;
    this.#error = 1;
    this.#errorMs = 0;
    this.#outliers = 0;
    this.#settled = 0;
    this.#episodes = 0;
    this.#paceMs = 0;
    this.#promptsSinceBeat = 0;
    this.#wasReading = false;
    this.#openEpisode();
  }

  /** Of one decode step with so many streams and tokens of context. */
  stepMs(streams: number, contextTokens: number): number {
    const terms = this.#terms;
    return Math.max(0, terms[0]! + terms[1]! * streams + terms[2]! * contextTokens);
  }

  /** What reading prompts adds to the steps in which it happens. */
  promptMs(tokens: number, prompts: number): number {
    const terms = this.#terms;
    return Math.max(0, terms[3]! * tokens + terms[4]! * prompts);
  }

  firstToken(inputTokens: number, clouded: boolean): void {
    this.#episode.tokens += inputTokens;
    this.#episode.prompts += 1;
    this.#episode.clouded ||= clouded;
    this.#promptsSinceBeat += 1;
  }

  /** `unseen`: what is read now is not all told, so that the span's time cannot be set against its prompts. */
  beat(tokens: number, gapMs: number, unseen: boolean, load: EngineLoad): void {
    const reading = load.prefills > 0 || this.#promptsSinceBeat > 0;
    // Word of a first token may come after that of the beat that ends the same step, so the beat after is not clean either.
    const clean = !reading && !this.#wasReading;
    this.#wasReading = reading;
    this.#promptsSinceBeat = 0;
    if (gapMs > GAP_MS_MAX * tokens && !reading) {
      this.#openEpisode();
      return;
    }
    this.#paceMs += (1 - Math.exp(-gapMs / PACE_WINDOW_MS)) * (gapMs / tokens - this.#paceMs);
    if (clean) {
      this.#closeEpisode();
      this.#learnStep(tokens, gapMs / tokens, load);
      return;
    }
    const episode = this.#episode;
    episode.clouded ||= unseen;
    episode.beats += 1;
    episode.gapMs += gapMs;
    episode.decodeMs += tokens * this.stepMs(load.streams, load.contextTokens);
    if (episode.beats > EPISODE_BEATS_MAX) {
      this.#closeEpisode();
    }
  }

  #learnStep(tokens: number, stepMs: number, load: EngineLoad): void {
    const x = this.#x;
    x[0] = 1;
    x[1] = load.streams / STREAMS_UNIT;
    x[2] = load.contextTokens / CONTEXT_UNIT;
    const predicted = this.#decode.predict(x);
    const error = stepMs - predicted;
    this.#samples += 1;
    this.#settled += 1;
    if (this.#settled <= DRIFT_SAMPLES) {
      // The first predictions are of a model that has seen little; the last of them is where its usual error begins.
      this.#error = relativeError(error, stepMs);
      this.#errorMs = Math.abs(error);
      this.#decode.learn(x, error, Math.min(tokens, STEPS_PER_SAMPLE_MAX));
      this.#setTerms();
      return;
    }
    this.#error += ERROR_SMOOTHING * (relativeError(error, stepMs) - this.#error);
    const bound = OUTLIER_FACTOR * this.#errorMs + OUTLIER_SHARE * stepMs;
    const bounded = Math.max(-bound, Math.min(bound, error));
    if (bounded === error) {
      // An outlier says nothing of the usual error; a run of them is measured by what was usual before.
      this.#errorMs += ERROR_SMOOTHING * (Math.abs(error) - this.#errorMs);
    }
    this.#outliers = bounded === error ? 0 : Math.sign(error) * (1 + Math.max(0, Math.sign(error) * this.#outliers));
    if (Math.abs(this.#outliers) >= DRIFT_SAMPLES) {
      this.#decode.loosen();
      this.#outliers = 0;
      this.#settled = 0;
    }
    this.#decode.learn(x, bounded, Math.min(tokens, STEPS_PER_SAMPLE_MAX));
    this.#setTerms();
  }

  #closeEpisode(): void {
    const { beats, gapMs, decodeMs, tokens, prompts, clouded } = this.#episode;
    this.#openEpisode();
    if (beats === 0 || prompts === 0 || clouded || this.#settled < DRIFT_SAMPLES) {
      return;
    }
    this.#xp[0] = tokens / PROMPT_UNIT;
    this.#xp[1] = prompts;
    const error = gapMs - decodeMs - this.#prompt.predict(this.#xp);
    this.#prompt.learn(this.#xp, error, 1);
    this.#setTerms();
    this.#episodes += 1;
  }

  #setTerms(): void {
    const decode = this.#decode.weights;
    const prompt = this.#prompt.weights;
    this.#terms[0] = decode[0]!;
    this.#terms[1] = decode[1]! / STREAMS_UNIT;
    this.#terms[2] = decode[2]! / CONTEXT_UNIT;
    this.#terms[3] = prompt[0]! / PROMPT_UNIT;
    this.#terms[4] = prompt[1]!;
  }

  #openEpisode(): void {
    const episode = this.#episode;
    episode.beats = 0;
    episode.gapMs = 0;
    episode.decodeMs = 0;
    episode.tokens = 0;
    episode.prompts = 0;
    episode.clouded = false;
  }
}

function relativeError(error: number, actual: number): number {
  return Math.min(1, Math.abs(error) / Math.max(actual, MS_MIN));
}
