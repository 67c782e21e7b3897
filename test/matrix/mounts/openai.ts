import { chatMount } from './chat.ts';
import type { Mount } from './mount.ts';

export const OPENAI: Mount = chatMount({
  name: 'openai',
  path: '/v1/chat/completions',
  tierWords: { priority: 'priority', standard: 'default', flex: 'flex' },
  counts: ['cached', 'cacheWrite', 'reasoning'],
  problems: {
    'flex-unavailable': { status: 429, word: 'flex_unavailable' },
    contended: { status: 429, word: 'capacity_contended' },
    rejected: { status: 400, word: 'invalid_value' },
    unsupported: { status: 400, word: 'unsupported_value' },
    'upstream-failed': { status: 502, word: 'upstream_failed' },
    'upstream-timeout': { status: 504, word: 'upstream_timeout' },
    'upstream-credentials': { status: 502, word: 'upstream_credentials_rejected' },
    'upstream-exhausted': { status: 503, word: 'upstream_quota_exhausted' },
  },
  brokenWord: 'upstream_failed',
  usageAt: 'own-chunk',
  errorMembers: ['message', 'type', 'param', 'code'],
});
