/**
 * The ledger's CHECKs are the invariants that no code path may break: a refusal costs nothing, and nothing is negative.
 * Money is whole nanodollars, times are ms since 1970.
 */
export const sql = `
CREATE TABLE projects (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (name),
  name TEXT NOT NULL,
  secret_sha256 BLOB NOT NULL CHECK (length(secret_sha256) = 32),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT;

CREATE TABLE revisions (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
INSERT INTO revisions (name, value) VALUES ('keys', 0);

CREATE TABLE ledger (
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  project TEXT NOT NULL,
  key_id TEXT,
  dialect TEXT NOT NULL,
  operation TEXT NOT NULL,
  model TEXT NOT NULL,
  upstream TEXT,
  upstream_model TEXT,
  requested_tier TEXT NOT NULL,
  served_tier TEXT NOT NULL CHECK (served_tier IN ('priority', 'standard', 'flex', 'batch')),
  why TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('completed', 'refused', 'failed', 'cancelled')),
  status INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL CHECK (input_tokens >= 0),
  cached_input_tokens INTEGER NOT NULL CHECK (cached_input_tokens >= 0),
  output_tokens INTEGER NOT NULL CHECK (output_tokens >= 0),
  reasoning_tokens INTEGER NOT NULL CHECK (reasoning_tokens >= 0),
  wasted_tokens INTEGER NOT NULL CHECK (wasted_tokens >= 0),
  wait_ms INTEGER NOT NULL,
  ttft_ms INTEGER,
  duration_ms INTEGER NOT NULL,
  evictions INTEGER NOT NULL CHECK (evictions >= 0),
  cost_nano_usd INTEGER NOT NULL CHECK (cost_nano_usd >= 0 AND (outcome <> 'refused' OR cost_nano_usd = 0)),
  standard_cost_nano_usd INTEGER NOT NULL CHECK (standard_cost_nano_usd >= 0)
) STRICT;
CREATE INDEX ledger_at ON ledger (at);
`;
