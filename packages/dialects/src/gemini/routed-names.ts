import type { Scan } from '../json/scan.ts';

/** Every member has two names: the SDKs write camel case, the reference and hand-written requests often the proto's own. */
export const ROUTED = [
  'contents',
  'systemInstruction',
  'system_instruction',
  'tools',
  'generationConfig',
  'generation_config',
  'serviceTier',
  'service_tier',
  'model',
  'generateContentRequest',
  'generate_content_request',
] as const;

export type RoutedName = (typeof ROUTED)[number];

/** The part of a body that is a request to generate: all of it, or, where tokens are counted, a member of it. */
export interface RoutedRequest {
  readonly body: Buffer;
  readonly scan: Scan<RoutedName>;
  /** The member of the outer body that it is the value of. */
  readonly inside: { readonly name: RoutedName; readonly outer: RoutedRequest } | undefined;
}
