import { TraceProblem } from '../../problem.ts';
import { TRACE_LIMITS } from '../../trace-limits.ts';

/** A file of an archive. */
export interface Member {
  readonly name: string;
  readonly bytes: Buffer;
}

const BLOCK_BYTES = 512;
/** Of a long name or a set of attributes. */
const ATTRIBUTE_BYTES_MAX = 65_536;
const CHECKSUM = { from: 148, to: 156 } as const;

/** The few kinds of tar entries that matter here; links and devices hold no data that could be read. */
const TYPE = { file: '0', oldFile: '\0', longName: 'L', attributes: 'x' } as const;

/** Reads a tar archive (ustar, with GNU's and pax's long names) as it comes, keeping only the files that are wanted. */
export async function tarMembers(
  path: string,
  chunks: AsyncIterable<Buffer>,
  wanted: (name: string) => boolean,
): Promise<Member[]> {
  const input = new Input(path, chunks);
  const members: Member[] = [];
  let kept = 0;
  let longName: string | undefined;
  for (;;) {
    const header = await input.take(BLOCK_BYTES);
    // Two empty blocks end an archive; some writers leave them out.
    if (header === null || header.every((byte) => byte === 0)) return members;
    const { name, type, size } = headerFrom(path, header);
    const padded = Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    if (type === TYPE.longName || type === TYPE.attributes) {
      if (size > ATTRIBUTE_BYTES_MAX) {
        const expected = `at most ${ATTRIBUTE_BYTES_MAX} bytes; the archive is damaged`;
        throw new TraceProblem({ file: path, what: 'the length of a name in it', found: String(size), expected });
      }
      const text = (await input.need(padded)).toString('utf8', 0, size);
      longName = type === TYPE.longName ? text.replace(/\0.*$/s, '') : (pathOf(text) ?? longName);
      continue;
    }
    const known = longName ?? name;
    longName = undefined;
    if ((type !== TYPE.file && type !== TYPE.oldFile) || !wanted(known)) {
      await input.skip(padded);
      continue;
    }
    kept += size;
    checkSizes(path, known, size, kept, members.length + 1);
    members.push({ name: known, bytes: (await input.need(padded)).subarray(0, size) });
  }
}

/** What is held in memory of a folder or archive, file by file. */
export function checkSizes(file: string, member: string, size: number, sum: number, count: number): void {
  const { memberBytesMax, membersBytesMax, membersMax } = TRACE_LIMITS;
  const refuse = (what: string, found: number, expected: string): TraceProblem =>
    new TraceProblem({ file, what, found: String(found), expected });
  if (size > memberBytesMax) {
    throw refuse(`the size of ${member}`, size, `at most ${memberBytesMax} bytes (memberBytesMax)`);
  }
  if (sum > membersBytesMax) {
    throw refuse('the size of its files', sum, `at most ${membersBytesMax} bytes (membersBytesMax)`);
  }
  if (count > membersMax) throw refuse('the number of its files', count, `at most ${membersMax} (membersMax)`);
}

function headerFrom(path: string, header: Buffer): { name: string; type: string; size: number } {
  const text = (from: number, to: number): string => header.toString('utf8', from, to).replace(/\0.*$/s, '');
  const size = Number.parseInt(text(124, 136).trim() || '0', 8);
  let sum = 0;
  header.forEach((byte, index) => (sum += index >= CHECKSUM.from && index < CHECKSUM.to ? 32 : byte));
  if (!(size >= 0) || sum !== Number.parseInt(text(CHECKSUM.from, CHECKSUM.to).trim(), 8)) {
    const expected = 'a tar header with a right checksum; the archive is damaged';
    throw new TraceProblem({ file: path, what: 'a part of the archive', found: text(0, 100), expected });
  }
  const prefix = text(257, 262) === 'ustar' ? text(345, 500) : '';
  return {
    name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    type: header.toString('latin1', 156, 157),
    size,
  };
}

/** Of pax attributes, lines of `LENGTH NAME=VALUE`. */
function pathOf(attributes: string): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(attributes)?.[1];
}

/** Takes bytes in the portions that are asked for, whatever portions they come in. */
class Input {
  readonly #path: string;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, chunks: AsyncIterable<Buffer>) {
    this.#path = path;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Null at the end. */
  async take(size: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let missing = size;
    while (missing > 0) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done === true) {
          if (missing === size) return null;
          throw this.#cut();
        }
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async need(size: number): Promise<Buffer> {
    const bytes = size === 0 ? Buffer.alloc(0) : await this.take(size);
    if (bytes === null) throw this.#cut();
    return bytes;
  }

  /** In portions, so that a huge file that nobody wants is not held. */
  async skip(size: number): Promise<void> {
    for (let left = size; left > 0; left -= 2 ** 20) await this.need(Math.min(left, 2 ** 20));
  }

  #cut(): TraceProblem {
    const expected = 'a whole archive; fetch or copy it again';
    return new TraceProblem({ file: this.#path, what: 'the archive', found: 'cut off before its end', expected });
  }
}
