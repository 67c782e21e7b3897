import { textTable } from '../lib/table.ts';
import { lengthOf, SLO } from './cases.ts';
import type { Recording } from './records.ts';
import {
  caseSections,
  frontierSection,
  modelSections,
  policiesSection,
  reachSection,
  recoverySection,
  type Findings,
  type Section,
} from './sections.ts';

/** What was run, for the head of every form of the report. */
export function facts(recording: Recording): string[] {
  const { profile, wish, flexCeiling, flexLengths, ceilings, skipped, runs, seconds, node } = recording;
  const lengths = wish.engines.map((engines) => {
    const { durationMs, warmUpMs } = lengthOf(engines);
    return `${engines}: ${durationMs / 1_000} s, the first ${warmUpMs / 1_000} s to warm up`;
  });
  return [
    `Simulated: modelled engines (${profile}), the real scheduler; SLO: first token in ${SLO.ttftMs} ms, then ${SLO.tpotMs} ms per token.`,
    `${runs.length} runs, ${wish.seeds} seed${wish.seeds === 1 ? '' : 's'} per case, in ${(seconds / 60).toFixed(1)} minutes on Node ${node}. ± is half of the 95 % interval over seeds.`,
    `Run length by engines: ${lengths.join('; ')}.`,
    `Flex without end, ${flexLengths}: ${Math.round(flexCeiling.tokensPerSecond)} tokens/s per engine alone.`,
    ...Object.entries(ceilings).map(
      ([trace, ceiling]) => `${trace}: one engine serves ${ceiling.requestsPerSecond.toFixed(2)} requests/s.`,
    ),
    ...skipped.map(({ trace, reason }) => `${trace} left out: ${reason}.`),
  ];
}

export function textReport(recording: Recording, findings: Findings): string {
  const sections = [
    reachSection(findings),
    policiesSection(findings, recording),
    ...caseSections(findings, recording, 'main'),
    recoverySection(findings),
    ...modelSections(findings, recording),
    frontierSection(findings),
  ].filter((section) => section !== null);
  return [facts(recording).join('\n'), ...sections.map(textOf)].join('\n\n');
}

function textOf({ title, lead, head, rows, after = [] }: Section): string {
  return [title, ...lead, '', textTable(head, rows), ...(after.length === 0 ? [] : ['', ...after])].join('\n');
}
