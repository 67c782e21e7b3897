/**
 * Items of the answers that a provider keeps. Later requests name them, by themselves and without their answer, and a name is for the
 * project alone that the answer was made for.
 */
export const sql = `
CREATE TABLE response_items (
  project TEXT NOT NULL,
  id TEXT NOT NULL,
  response TEXT NOT NULL,
  PRIMARY KEY (project, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX response_items_of ON response_items (project, response);
CREATE TRIGGER responses_gone AFTER DELETE ON responses BEGIN
  DELETE FROM response_items WHERE project = old.project AND response = old.id;
END;
`;
