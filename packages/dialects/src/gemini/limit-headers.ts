/** The wire has none: what is left is not told, and a refusal says in its body when to come back. */
export function geminiLimitHeaders(): Record<string, string> {
  return {};
}
