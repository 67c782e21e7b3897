import { draw } from './hash.ts';
import type { Seed } from './hash.ts';

/** At most six letters, so that a token with its space and its mark stays within one token of the prompt tokenizer. */
const words: readonly string[] = (
  'acorn agate alder amber anchor apple april arbor arch aspen atlas attic autumn badge baker banjo barley ' +
  'basin basket beacon bench birch bishop bloom board boat border bottle branch brass bread breeze brick bridge ' +
  'brook bucket butter button cabin cable camel canal candle canoe carbon cargo carpet castle cedar cellar ' +
  'chain chalk charm cherry chest cider cinder circle cliff clock cloud clover coast cobalt comet copper coral ' +
  'corner cotton course cove cradle crane crater creek crest curve dahlia dawn delta desert dome dragon drift ' +
  'drum dune eagle earth echo edge elbow ember engine falcon farm feast fennel fern ferry field figure finch ' +
  'flame flint flock flour flute forest forge fossil frost galaxy garden garnet gate ginger glade glass globe ' +
  'grain grape grass gravel grove gull hammer harbor harp haven hazel heath hedge helmet heron hill hollow ' +
  'honey ibis indigo inlet iris iron island ivory ivy jasper jetty jewel jungle kayak kernel kettle kiln lagoon ' +
  'lake lamp larch lark laurel lava ledge lemon lentil lilac lily linen lion loft loom lotus lumber magnet ' +
  'mango maple marble marsh meadow melon mill mint mirror moon moss motor nectar needle nest nickel north ' +
  'nutmeg oak oasis ocean olive onyx opal orbit orchid otter oyster paddle palm panel paper parcel path peach ' +
  'pearl pebble pepper petal piano pier pine pixel planet plaza plum pocket pond poplar portal prism quarry ' +
  'quartz quill rabbit radar rain raven reed reef ribbon ridge river robin rocket root rope rose ruby saddle ' +
  'sage sail salmon salt sand satin shale shell shore silk silver slate smoke snow solar spring spruce stable ' +
  'star steam stone storm stream summer summit swan table temple thyme tide tiger timber tower trail tulip ' +
  'tundra tunnel turtle valley vapor velvet violet vista walnut water wave wheat willow window winter wolf ' +
  'wonder yarrow zephyr zinc'
).split(' ');

/** The word at a place, with the mark that may follow it. Never contains a space. */
export function wordAt(seed: Seed, position: number): string {
  const bits = draw(seed, position);
  const word = words[bits % words.length]!;
  const mark = bits >>> 27;
  if (mark === 0) return `${word}.`;
  if (mark <= 2) return `${word},`;
  return word;
}

/** The first word of an answer begins with a capital letter, which no other word of it does. */
export function openingWord(seed: Seed): string {
  const word = wordAt(seed, 0);
  return word.charAt(0).toUpperCase() + word.slice(1);
}
