/** Keeps numbers and their units on one line. */
export function unbroken(text: string): string {
  return text.replaceAll(/(?<=\d) (?=(?:%|ms|s|min|h|days|k|M|G)(?!\p{L}))/gu, '\u00A0');
}
