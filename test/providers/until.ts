const UNTIL_MS_MAX = 5_000;
const UNTIL_STEP_MS = 2;

/** Waits for something that another part of the process is about to do. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + UNTIL_MS_MAX;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it did not come about in ${UNTIL_MS_MAX} ms that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, UNTIL_STEP_MS));
  }
}

/** What a call was refused with. */
export async function refusalOf<T extends Error>(
  call: Promise<unknown>,
  kind: new (...parts: never[]) => T,
): Promise<T> {
  try {
    await call;
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
