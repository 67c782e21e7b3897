import type { Member, Scan } from './scan.ts';
import { COMMA, skipSpace, skipSpaceBack } from './skip.ts';

/** A member's new value as JSON text or bytes of it; null takes the member out. */
export type Replacement = string | Buffer | readonly Buffer[] | null;

/** New values by name; only names that the scan looked for. */
export type Edits<N extends string> = { readonly [name in N]?: Replacement };

/**
 * The body with some top-level members removed, replaced, or, where they are missing, added at the end. What stays is not copied:
 * the pieces are views of the body. All duplicates of an edited name go.
 */
export function splice<N extends string>(body: Buffer, scan: Scan<N>, edits: Edits<N>): Buffer[] {
  const touched: { readonly member: Member; readonly value: Replacement }[] = [];
  const added: Buffer[] = [];
  for (const name of Object.keys(edits) as N[]) {
    const value = edits[name];
    if (value === undefined) continue;
    const member = scan.members[name];
    if (member !== undefined) touched.push({ member, value });
    else if (value !== null) added.push(Buffer.from(`,${JSON.stringify(name)}:`), ...buffersOf(value));
    for (let twin = member?.earlier; twin !== undefined; twin = twin.earlier)
      touched.push({ member: twin, value: null });
  }
  touched.sort((a, b) => a.member.start - b.member.start);

  const pieces: Buffer[] = [];
  let copied = 0;
  let removed = 0;
  for (const { member, value } of touched) {
    if (value === null) {
      const cut = cutOf(body, member, removed === member.ordinal);
      pieces.push(body.subarray(copied, cut.start));
      copied = cut.end;
      removed += 1;
    } else {
      pieces.push(body.subarray(copied, member.start), ...buffersOf(value));
      copied = member.end;
    }
  }
  if (added.length > 0) {
    pieces.push(body.subarray(copied, scan.objectEnd - 1));
    copied = scan.objectEnd - 1;
    // Each addition brings the comma before it; the first member of an object has none.
    if (removed === scan.memberCount) added[0] = added[0]!.subarray(1);
    pieces.push(...added);
  }
  pieces.push(body.subarray(copied));
  return pieces.filter((piece) => piece.length > 0);
}

/**
 * What has to go with a member so that one comma goes too: the one before it, or, when nothing is left before it, the one after.
 */
function cutOf(body: Buffer, member: Member, leads: boolean): { start: number; end: number } {
  if (!leads) return { start: skipSpaceBack(body, member.nameStart) - 1, end: member.end };
  const next = skipSpace(body, member.end);
  return { start: member.nameStart, end: body[next] === COMMA ? next + 1 : member.end };
}

function buffersOf(value: Exclude<Replacement, null>): readonly Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  return Buffer.isBuffer(value) ? [value] : value;
}
