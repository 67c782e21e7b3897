import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkGgufFile, GgufProblem } from './gguf-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offpeak-gguf-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function head(version: number, tensors: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.write('GGUF');
  bytes.writeUInt32LE(version, 4);
  bytes.writeBigUInt64LE(BigInt(tensors), 8);
  return bytes;
}

it.each([
  ['empty', Buffer.alloc(0), /is not a GGUF model: it is empty; expected was "GGUF"/],
  ['a text', Buffer.from('{"model": 1}'), /it begins with "\{\\"mo"; expected was "GGUF"/],
  ['cut off', Buffer.from('GGUF\u0003'), /ends after 5 bytes, within its header/],
  ['of an old version', head(1, 2), /of version 1; expected was version 2 or 3/],
  ['of the other byte order', head(0x0300_0000, 2), /of version 50331648/],
  ['without weights', head(3, 0), /holds no tensors/],
])('a file that is %s is told by its name', async (_what, bytes, why) => {
  const file = join(folder, 'model.gguf');
  await writeFile(file, bytes);
  const checked = checkGgufFile(file);
  await expect(checked).rejects.toThrow(GgufProblem);
  await expect(checked).rejects.toThrow(file);
  await expect(checked).rejects.toThrow(why);
});

it('a file that is missing, or a folder, is told too', async () => {
  await expect(checkGgufFile(join(folder, 'nothing.gguf'))).rejects.toThrow('there is no such file; expected was');
  await expect(checkGgufFile(folder)).rejects.toThrow('it is a folder');
});

it.each([2, 3])('a head of version %d passes', async (version) => {
  const file = join(folder, 'good.gguf');
  await writeFile(file, head(version, 1));
  await expect(checkGgufFile(file)).resolves.toBeUndefined();
});
