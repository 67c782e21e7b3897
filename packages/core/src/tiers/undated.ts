const SNAPSHOT_DATE = /-\d{4}-?\d{2}-?\d{2}$/;

/** A model's name without the date of its snapshot: `gpt-5-2025-08-07` and `claude-haiku-4-5-20251001` are what their names without are. */
export function undated(model: string): string {
  return model.replace(SNAPSHOT_DATE, '');
}
