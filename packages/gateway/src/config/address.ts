import { isIP } from 'node:net';

/** Only reachable from the machine itself. A name other than localhost could resolve to anything, so it is not. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const version = isIP(host);
  if (version === 4) return host.startsWith('127.');
  // Through URL, which writes every form of ::1 in the same way.
  return version === 6 && new URL(`http://[${host}]`).hostname === '[::1]';
}
