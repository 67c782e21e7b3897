/** What can be compared, each with one line of what it is. */
export const POLICIES = {
  offpeak: "Offpeak's scheduler: shadow model, residual budget, paced prefills, eviction",
  aimd: "Offpeak's scheduler on a flex limit that halves on congestion and grows by one, once a second",
  static: 'a fixed number of flex requests in flight per engine',
  sageserve: 'flex released one at a time while KV use is below 60 %, two at a time below 50 %',
  holdback: 'flex up to a lower ceiling of saturation (queue and KV) than interactive requests',
  'priority-only': "everything is sent at once with the engine's priority field; nothing is held back",
  fcfs: 'everything is sent at once, first come, first served',
  oracle: 'a scheduler inside the engine that knows every step time exactly, and holds steps to 45 % of the TPOT limit',
} as const;

export type PolicyName = keyof typeof POLICIES;

export function isPolicyName(name: string): name is PolicyName {
  return Object.hasOwn(POLICIES, name);
}
