import { sql as first } from './0001-first.ts';
import { sql as providers } from './0002-providers.ts';
import { sql as wholeCosts } from './0003-whole-costs.ts';
import { sql as responseItems } from './0004-response-items.ts';

/** In order; the schema's version is how many of them ran. One that has been published never changes. */
export const MIGRATIONS: readonly string[] = [first, providers, wholeCosts, responseItems];
