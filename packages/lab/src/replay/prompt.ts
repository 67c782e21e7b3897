import { Random } from '../workload/random.ts';
import { prefixBlockTokens } from '../workload/workload.ts';

/** Short and frequent: the usual tokenizers have one token for each of them with the space before it. */
const WORDS =
  `time year people way day man thing woman life child world school state family student group country problem hand part
  place case week company system program question work night point home water room mother area money story fact month lot
  right study book eye job word issue side kind head house service friend father power hour game line end member law car
  city name team minute idea kid body back parent face level office door health person art war history party result change
  morning reason girl guy moment air teacher force order paper music field river table north light heart voice market`.split(
    /\s+/,
  );

const STREAM = { block: 41, rest: 42 } as const;

export interface PromptWish {
  readonly inputTokens: number;
  readonly prefix?: readonly number[];
}

/**
 * A text of about that many tokens. Where requests share leading blocks, their texts do, so that an engine's prefix cache finds
 * what the workload says; the rest is each request's own, named by its seeds.
 */
export function promptOf({ inputTokens, prefix = [] }: PromptWish, ...seeds: readonly [number, ...number[]]): string {
  const words: string[] = [];
  for (const block of prefix) {
    const length = Math.min(prefixBlockTokens, inputTokens - words.length);
    if (length <= 0) break;
    addWords(words, length, new Random(block, STREAM.block));
  }
  addWords(words, Math.max(1, inputTokens) - words.length, new Random(seeds[0], STREAM.rest, ...seeds.slice(1)));
  return words.join(' ');
}

function addWords(words: string[], count: number, random: Random): void {
  for (let added = 0; added < count; added += 1) words.push(WORDS[random.below(WORDS.length)]!);
}
