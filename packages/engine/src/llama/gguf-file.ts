import { open } from 'node:fs/promises';

/** The file is no model that llama.cpp could load. The message names the file, and what was expected. */
export class GgufProblem extends Error {
  override readonly name = 'GgufProblem';
}

const MAGIC = 'GGUF';
const VERSIONS: readonly number[] = [2, 3];
/** Magic, version, number of tensors, number of metadata entries. */
const HEAD_BYTES = 24;

/** Reads the head of the file, so that what is no GGUF at all is told from what llama.cpp cannot load. */
export async function checkGgufFile(file: string): Promise<void> {
  const head = await readHead(file);
  const magic = head.toString('latin1', 0, MAGIC.length);
  if (magic !== MAGIC) {
    const found = head.length === 0 ? 'it is empty' : `it begins with ${JSON.stringify(magic)}`;
    throw new GgufProblem(`${file} is not a GGUF model: ${found}; expected was "${MAGIC}"`);
  }
  if (head.length < HEAD_BYTES) {
    throw new GgufProblem(`${file} is not a GGUF model: it ends after ${head.length} bytes, within its header`);
  }
  const version = head.readUInt32LE(MAGIC.length);
  if (!VERSIONS.includes(version)) {
    throw new GgufProblem(`${file} is GGUF of version ${version}; expected was version ${VERSIONS.join(' or ')}`);
  }
  if (head.readBigUInt64LE(8) === 0n) {
    throw new GgufProblem(`${file} holds no tensors; expected was a model with its weights`);
  }
}

async function readHead(file: string): Promise<Buffer> {
  try {
    const handle = await open(file);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new GgufProblem(`${file} cannot be read: ${why}; expected was a GGUF model`, { cause: error });
  }
}
