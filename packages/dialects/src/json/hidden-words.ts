const ESCAPE = Buffer.from('\\u00');
/** So many escapes that looking for the words themselves is quicker. */
const ESCAPES_MAX = 1_000;

/** Whether some letter, digit or underscore is written as an escape, which no encoder does: names may be hidden so. */
export function hidesWords(body: Buffer): boolean {
  let at = body.indexOf(ESCAPE);
  for (let seen = 0; at >= 0; seen += 1) {
    if (seen === ESCAPES_MAX) return true;
    const code = Number.parseInt(body.toString('latin1', at + ESCAPE.length, at + ESCAPE.length + 2), 16);
    if (/\w/.test(String.fromCharCode(code))) return true;
    at = body.indexOf(ESCAPE, at + ESCAPE.length);
  }
  return false;
}
