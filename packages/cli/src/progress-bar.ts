export interface Progress {
  /** 0 to 1. */
  readonly share: number;
  /** What is being done. */
  readonly label: string;
  /** Things done so far, for their rate. */
  readonly count?: number;
  readonly note?: string;
}

/** What a bar needs of stderr. */
interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS_MIN = 100;
const BAR_WIDTH = 24;
const COLUMNS_DEFAULT = 80;
const SECOND_MS = 1000;
/** A guess from less than this share is none. */
const ESTIMATE_SHARE_MIN = 0.02;
const CLEAR_LINE = '\r\u001B[K';

/** One line of progress on a terminal, drawn over itself; nothing anywhere else. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #startedAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(terminal: Terminal = process.stderr, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#startedAt = now();
  }

  update(progress: Progress): void {
    if (this.#terminal.isTTY !== true) return;
    const now = this.#now();
    if (now - this.#drawnAt < REDRAW_MS_MIN) return;
    this.#drawnAt = now;
    this.#shown = true;
    const columns = this.#terminal.columns ?? COLUMNS_DEFAULT;
    this.#terminal.write(CLEAR_LINE + this.#line(progress, now - this.#startedAt).slice(0, columns - 1));
  }

  /** Takes the line away again. */
  clear(): void {
    if (this.#shown) this.#terminal.write(CLEAR_LINE);
    this.#shown = false;
  }

  #line({ share, label, count, note }: Progress, elapsedMs: number): string {
    const done = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
    const parts = [
      `${label} [${'#'.repeat(done)}${'.'.repeat(BAR_WIDTH - done)}] ${Math.floor(share * 100)} %`,
      ...(count === undefined ? [] : [`${count} (${rate(count, elapsedMs)}/s)`]),
      ...(share >= ESTIMATE_SHARE_MIN && share < 1 ? [`${left(((1 - share) / share) * elapsedMs)} left`] : []),
      ...(note === undefined ? [] : [note]),
    ];
    return parts.join('  ');
  }
}

function rate(count: number, elapsedMs: number): string {
  return elapsedMs > 0 ? (count / (elapsedMs / SECOND_MS)).toFixed(1) : '0.0';
}

/** Minutes and seconds. */
function left(ms: number): string {
  const seconds = Math.ceil(ms / SECOND_MS);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
