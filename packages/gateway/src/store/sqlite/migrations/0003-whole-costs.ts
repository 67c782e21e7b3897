/** Providers charge for more than tokens. Where their answer tells of it and no price list here does, the cost is the least that it can be. */
export const sql = `
ALTER TABLE ledger ADD COLUMN cost_complete INTEGER NOT NULL DEFAULT 1 CHECK (cost_complete IN (0, 1));
`;
