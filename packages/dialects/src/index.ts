export type { Problem, WireError } from './problem.ts';
export type { Dialect, DialectName, Operation, RequestFacts, Usage } from './dialect.ts';
