/** The members that routing reads; edits may name them. */
export const ROUTED = ['model', 'stream', 'service_tier', 'max_tokens', 'messages', 'system', 'tools'] as const;

export type RoutedName = (typeof ROUTED)[number];
