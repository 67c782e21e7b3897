import { expect } from 'vitest';
import type { Json } from '../../e2e/requests.ts';
import { ByName, Cell, type Pair } from '../cell.ts';
import { TOOLS } from '../kinds/tools.ts';
import type { Mount } from '../mounts/mount.ts';
import type { Upstream } from '../upstreams/upstream.ts';
import { FEATURES } from './all.ts';
import type { Feature } from './feature.ts';

/** What became of a feature between a mount and a provider. Anything else is a failure: it is lost without a word. */
export interface FeatureOutcome {
  readonly feature: Feature;
  readonly mount: Mount;
  readonly upstream: Upstream;
  readonly end: 'arrives' | 'left out' | 'refused' | 'fails';
  /** Why it is refused, or under which name it is left out. */
  readonly reason: string;
  readonly failure: unknown;
}

export async function tryFeatures(url: string, pair: Pair): Promise<FeatureOutcome[]> {
  const { mount, upstream } = pair;
  const outcomes: FeatureOutcome[] = [];
  for (const feature of FEATURES) {
    if (feature.words[mount.name] === undefined) continue;
    pair.running.fake.reset();
    outcomes.push({ feature, mount, upstream, ...(await endOf(new Cell(url, pair, false), feature)) });
  }
  return outcomes;
}

async function endOf(cell: Cell, feature: Feature): Promise<Pick<FeatureOutcome, 'end' | 'reason' | 'failure'>> {
  const { mount, upstream, running, model } = cell.pair;
  const { path, headers, body } = mount.request({
    model: model(feature.route ?? 'main'),
    stream: false,
    turns: [{ kind: 'user', text: 'hello' }],
    ...(feature.withTools === true ? { tools: TOOLS } : {}),
    ...(feature.maxTokens === undefined ? {} : { maxTokens: feature.maxTokens }),
  });
  feature.words[mount.name]!.put(body);
  try {
    const { headers: told } = await cell.raw(path, headers, JSON.stringify(body));
    expect(running.fake.violations).toEqual([]);
    const there = feature.words[upstream.wire]?.arrived(running.fake.last().body as Json);
    if (there ?? feature.anyway?.includes(upstream.wire) ?? false) {
      return { end: 'arrives', reason: '', failure: null };
    }
    const reason = told.get('offpeak-ignored') ?? '';
    if (reason !== '') return { end: 'left out', reason, failure: null };
    throw new Error(`it is lost without a word: ${running.fake.last().bytes.toString('utf8')}`);
  } catch (error) {
    if (!(error instanceof ByName)) return { end: 'fails', reason: '', failure: error };
    const [outermost = ''] = error.param.split(/[.[]/);
    if (outermost in body || outermost === feature.alsoCalled) {
      return { end: 'refused', reason: error.message, failure: null };
    }
    return { end: 'fails', reason: '', failure: new Error(`the request has no ${error.param}, and is refused for it`) };
  }
}
