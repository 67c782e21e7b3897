import type { Failure } from '../canonical/answer.ts';
import type { StreamWatcher } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import { withExtras } from '../extras.ts';
import { readTierWord } from './answer-decode.ts';
import { FrameReader, type Frame } from './event-stream/reader.ts';
import { readStreamFailure } from './failure.ts';
import { payloadOf } from './frame-payload.ts';
import { readExtras, readUsage } from './usage.ts';

/** Of all events only the last is parsed, which has the count and the tier. */
export class ConverseStreamWatcher implements StreamWatcher {
  tokens = 0;
  usage: Usage | null = null;
  tierWord: string | undefined;
  failure: Failure | null = null;
  marked = false;
  whole = false;

  readonly #frames = new FrameReader();

  push(bytes: Buffer): void {
    for (const frame of this.#frames.push(bytes)) this.#look(frame);
  }

  #look(frame: Frame): void {
    if (frame.kind.message !== 'event') {
      this.failure = readStreamFailure(frame.kind, frame.payload);
      return;
    }
    switch (frame.kind.name) {
      case 'contentBlockDelta':
        this.tokens += 1;
        return;
      case 'messageStop':
        this.whole = true;
        return;
      case 'metadata': {
        const told = payloadOf(frame);
        this.usage = withExtras(readUsage(told['usage']), readExtras(told['performanceConfig'], told['trace']));
        this.tierWord = readTierWord(told['serviceTier']);
        this.marked = true;
        this.whole = true;
      }
    }
  }
}
