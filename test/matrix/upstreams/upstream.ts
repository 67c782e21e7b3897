import type { Json } from '../../e2e/requests.ts';
import type { Fake, Recorded } from '../../providers/fake.ts';
import type { Refusal } from '../../providers/fault.ts';
import type { LimitState } from '../../providers/limits.ts';
import type { UsageWish } from '../../providers/tally.ts';
import type { AskedTier, Count, MountName } from '../mounts/mount.ts';

/** A provider behind one of its wires: a column of the table. */
export interface Upstream {
  readonly name: string;
  /** Clients of this wire get the provider's bytes. */
  readonly wire: MountName;
  /** A model that is sold at every tier that the provider has. */
  readonly model: string;
  /** Other models: one that is told how hard to think, one that is told how long, one that tells log probabilities and gives several answers. */
  readonly models?: Readonly<Partial<Record<'thinking' | 'budget' | 'probable', string>>>;
  /** What asks the provider for each tier that it sells. */
  readonly askWords: Readonly<Partial<Record<AskedTier, string>>>;
  /** Kinds of tokens that its usage tells. */
  readonly counts: readonly Count[];
  /** So many events of a stream hold the first words of an echo. */
  readonly eventsToText: number;
  readonly refusals: {
    /** It has no room, at the tier that has the least of it. */
    readonly full: Refusal;
    /** The request is at fault, in a sentence that the client is to see. */
    readonly rejected: Refusal;
  };
  /** Where the served tier cannot be told as it is elsewhere, and why. */
  readonly tellsTier: { readonly unary: TierTold; readonly stream: TierTold };
  start(): Promise<Running>;
}

/** `late`: after the answer's headers, so that those say what was asked for. */
export type TierTold = 'at-once' | 'late' | 'never';

export interface Running {
  readonly fake: Fake;
  /** A line of `upstreams`. `url`: something that stands before the fake. */
  line(name: string, url?: string): string;
  wish(usage: UsageWish): void;
  serve(how: 'as-asked' | 'downgraded' | 'absent'): void;
  /** From now on its answers say that so many requests are left, for so long; absent where it says nothing of limits. */
  limit?(remaining: number, resetMs: number): void;
  /** The word for the tier that a request brought. */
  tierIn(request: Recorded): string | undefined;
}

/** A fake whose usage can be wished for, as all of them have it. */
interface WishedFake extends Fake {
  readonly settings: { usage: UsageWish };
}

/** A provider that runs. `members`: what its line in the configuration says beside name and address; `own`: what it does in its own way. */
export function running(
  fake: WishedFake,
  members: Readonly<Record<string, string>>,
  own: Pick<Running, 'serve' | 'limit' | 'tierIn'>,
): Running {
  return {
    fake,
    line: (name, url = fake.url) => {
      const pairs = Object.entries({ name, url: `"${url}"`, ...members }).map(([key, value]) => `${key}: ${value}`);
      return `{ kind: provider, ${pairs.join(', ')} }`;
    },
    wish: (usage) => {
      fake.settings.usage = usage;
    },
    ...own,
  };
}

/** For a fake that tells its limits: from now on so many requests are left. */
export function requestsLeft(settings: {
  limits: { readonly requests: LimitState } | null;
}): NonNullable<Running['limit']> {
  return (remaining, resetMs) => {
    settings.limits = { ...settings.limits!, requests: { limit: 1_000, remaining, resetMs } };
  };
}

/** The word for the tier that a request brought under a name. */
export function wordAt(name: string): Running['tierIn'] {
  return ({ body }) => (body as Json)[name] as string | undefined;
}

/** The names of its models, as the configuration has them. */
export function modelsOf({ model, models = {} }: Pick<Upstream, 'model' | 'models'>): string {
  return `[${[...new Set([model, ...Object.values(models)])].map((name) => `"${name}"`).join(', ')}]`;
}
