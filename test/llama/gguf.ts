import { writeFile } from 'node:fs/promises';

/** A value of the file's header; the type is written before it. */
export type MetadataValue =
  | { readonly type: 'u32'; readonly value: number }
  | { readonly type: 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'f32s'; readonly value: readonly number[] }
  | { readonly type: 'i32s'; readonly value: readonly number[] };

/** Weights in single precision. The first dimension is the one that lies together in memory. */
export interface Tensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly data: Float32Array;
}

const VERSION = 3;
/** Where a tensor's data may begin, in bytes; the format's default. */
const ALIGNMENT = 32;
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const TENSOR_F32 = 0;

/** Writes a file in GGUF, the format that llama.cpp reads: header, metadata, a directory of tensors, their data. */
export async function writeGguf(
  path: string,
  metadata: Readonly<Record<string, MetadataValue>>,
  tensors: readonly Tensor[],
): Promise<void> {
  const head = new Bytes();
  head.raw(Buffer.from('GGUF'));
  head.u32(VERSION);
  head.u64(tensors.length);
  head.u64(Object.keys(metadata).length);
  for (const [key, entry] of Object.entries(metadata)) {
    head.string(key);
    writeValue(head, entry);
  }
  let offset = 0;
  for (const { name, dimensions, data } of tensors) {
    head.string(name);
    head.u32(dimensions.length);
    for (const dimension of dimensions) head.u64(dimension);
    head.u32(TENSOR_F32);
    head.u64(offset);
    offset += data.byteLength + paddingAfter(data.byteLength);
  }
  const parts = [head.take()];
  parts.push(Buffer.alloc(paddingAfter(parts[0]!.length)));
  for (const { data } of tensors) {
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength), Buffer.alloc(paddingAfter(data.byteLength)));
  }
  await writeFile(path, parts);
}

function paddingAfter(bytes: number): number {
  return (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;
}

function writeValue(out: Bytes, entry: MetadataValue): void {
  switch (entry.type) {
    case 'u32':
      out.u32(TYPE.u32);
      out.u32(entry.value);
      return;
    case 'f32':
      out.u32(TYPE.f32);
      out.f32(entry.value);
      return;
    case 'bool':
      out.u32(TYPE.bool);
      out.raw(Buffer.of(entry.value ? 1 : 0));
      return;
    case 'string':
      out.u32(TYPE.string);
      out.string(entry.value);
      return;
    case 'strings':
      out.list(TYPE.string, entry.value, (text) => out.string(text));
      return;
    case 'f32s':
      out.list(TYPE.f32, entry.value, (value) => out.f32(value));
      return;
    case 'i32s':
      out.list(TYPE.i32, entry.value, (value) => out.i32(value));
      return;
  }
}

/** Numbers in little endian, one after the other. */
class Bytes {
  readonly #parts: Buffer[] = [];

  raw(bytes: Buffer): void {
    this.#parts.push(bytes);
  }

  u32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.raw(bytes);
  }

  i32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    this.raw(bytes);
  }

  f32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.raw(bytes);
  }

  u64(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    this.raw(bytes);
  }

  string(text: string): void {
    const bytes = Buffer.from(text);
    this.u64(bytes.length);
    this.raw(bytes);
  }

  list<T>(type: number, values: readonly T[], write: (value: T) => void): void {
    this.u32(TYPE.array);
    this.u32(type);
    this.u64(values.length);
    for (const value of values) write(value);
  }

  take(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
