/**
 * Last line of defence, over whole log lines: secrets are hidden wherever they stand, in a field at any depth, in a URL, in
 * the message of an error that a library threw. What must not be logged at all (bodies, prompts) is simply never passed.
 */

const HIDDEN = '[hidden]';

/** Members whose value is secret whatever it looks like. */
const SECRET_MEMBER =
  /"((?:proxy-)?authorization|(?:set-)?cookie|(?:x-)?api-?key|x-goog-api-key|api_key|access-?key-?id|secret(?:-?access-?key)?|session-?token|x-amz-security-token|password)":(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi;

/**
 * Values that look like a secret wherever they stand: our keys, those of well-known providers, a bearer token. Of AWS's pairs only the
 * first half can be told from other words.
 */
const SECRET_LOOKING =
  /\b(?:op_[a-z0-9]{12}_[\w-]{20,}|sk-[\w-]{8,}|gsk_\w{8,}|AIza[\w-]{20,}|xox[a-z]-[\w-]{8,}|(?:AKIA|ASIA)[A-Z2-7]{16}\b)|\bbearer\s+[\w.~+/=-]{8,}/gi;

/** The query members that carry keys (`?key=` is Gemini's), and `user:password@`. */
const SECRET_QUERY = /([?&](?:key|api[-_]?key|access_token|token)=)[^&\s"#]+/gi;
const SECRET_USERINFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s"/@]+@/gi;

/** `text` is a line of JSON or plain text; it is valid JSON afterwards if it was before. */
export function redact(text: string): string {
  return text
    .replace(SECRET_MEMBER, `"$1":"${HIDDEN}"`)
    .replace(SECRET_QUERY, `$1${HIDDEN}`)
    .replace(SECRET_USERINFO, `$1${HIDDEN}@`)
    .replace(SECRET_LOOKING, HIDDEN);
}
