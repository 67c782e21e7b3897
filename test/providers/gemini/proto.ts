import { z } from 'zod';

/**
 * JSON as Google reads it into protocol buffers: names in either case, null for what is not set, one message where a list of them may
 * stand, whole numbers as text. Maps are left as they are; their names are nobody's members.
 */
export function message<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess((value) => (isPlain(value) ? withCamelNames(value) : value), z.strictObject(shape));
}

export function repeated<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => (isPlain(value) ? [value] : value), z.array(item));
}

/** 64 bits: JSON numbers may not hold them, so that they are written as text. */
export function int64() {
  return z.union([z.int(), z.string().regex(/^-?\d+$/)]);
}

/** Names of an enumeration, with any prefix and in any case that the service takes. */
export function enumeration<const Words extends readonly string[]>(words: Words) {
  return z.preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), z.enum(words));
}

export function camelCase(name: string): string {
  return name.replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function withCamelNames(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[camelCase(name), inner]])),
  );
}
