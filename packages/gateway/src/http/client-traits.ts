import type { IncomingHttpHeaders } from 'node:http';

/** Node's own fetch cuts a connection that is silent this long, whatever timeout the SDK above it was given. */
export const SILENCE_MS_DEFAULT = 300_000;
/** groq-sdk's default; it gives up when no header came by then. */
const GROQ_SDK_TIMEOUT_MS = 60_000;
/** openai 7's default, which covers headers and body of a unary answer. */
const OPENAI_SDK_TIMEOUT_MS = 600_000;

/** How long a client can be kept waiting. */
export interface ClientTraits {
  /** When an answer that is still open must be committed and kept alive, counted from the request's arrival. */
  readonly commitAfterMs: number;
  /** When the client leaves no matter what it was sent. */
  readonly totalMs: number;
}

/** The commit comes this long before the client would cut: a share of its silence, within bounds. */
const MARGIN_SHARE = 0.15;
const MARGIN_MS_MIN = 500;
const MARGIN_MS_MAX = 10_000;

function traits(silenceMs: number, totalMs: number): ClientTraits {
  return { commitAfterMs: silenceMs - marginOf(silenceMs), totalMs: totalMs - marginOf(totalMs) };
}

function marginOf(ms: number): number {
  if (ms === Number.POSITIVE_INFINITY) return 0;
  return Math.min(MARGIN_MS_MAX, Math.max(ms * MARGIN_SHARE, Math.min(MARGIN_MS_MIN, ms / 2)));
}

const PATIENT: ClientTraits = traits(SILENCE_MS_DEFAULT, Number.POSITIVE_INFINITY);
const GROQ_SDK: ClientTraits = traits(GROQ_SDK_TIMEOUT_MS, Number.POSITIVE_INFINITY);
const OPENAI_7_UNARY: ClientTraits = traits(SILENCE_MS_DEFAULT, OPENAI_SDK_TIMEOUT_MS);

/**
 * What is known of the client from its headers. The generated SDKs state a timeout in seconds; most stop that timer at the first
 * header, openai 7 only at the end of a unary body. Google's states its own in `x-server-timeout`, and never stops that timer: the last byte
 * has to be there by then, of a stream too.
 */
export function clientTraits(headers: IncomingHttpHeaders, stream: boolean): ClientTraits {
  const google = secondsIn(headers['x-server-timeout']);
  if (google !== null) return traits(SILENCE_MS_DEFAULT, google * 1_000);
  const agent = headers['user-agent'] ?? '';
  const coversBody = !stream && agent.startsWith('OpenAI/JS 7');
  const stated = secondsIn(headers['x-stainless-timeout']);
  if (stated !== null) {
    const timeoutMs = stated * 1_000;
    return traits(Math.min(timeoutMs, SILENCE_MS_DEFAULT), coversBody ? timeoutMs : Number.POSITIVE_INFINITY);
  }
  if (coversBody) return OPENAI_7_UNARY;
  return agent.startsWith('Groq/JS') ? GROQ_SDK : PATIENT;
}

function secondsIn(header: string | string[] | undefined): number | null {
  const seconds = Number(header);
  return seconds > 0 && Number.isFinite(seconds) ? seconds : null;
}
