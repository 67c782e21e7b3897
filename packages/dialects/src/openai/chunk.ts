/** One choice of a stream's chunk: chat sends `delta`, legacy completions send `text`. */
export interface ChunkChoice {
  readonly index?: unknown;
  readonly delta?: object | null;
  readonly text?: unknown;
  readonly finish_reason?: unknown;
}

/** Whether it brings a part of the answer. The role announcement and the finish do not; content, reasoning and tool calls do. */
export function carriesToken(choice: ChunkChoice): boolean {
  if (typeof choice.text === 'string') return choice.text !== '';
  for (const [name, value] of Object.entries(choice.delta ?? {})) {
    if (name !== 'role' && value !== null && value !== '') return true;
  }
  return false;
}
