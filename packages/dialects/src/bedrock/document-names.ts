const nameCharsMax = 200;

/**
 * Names of documents as Bedrock takes them: letters, digits, single spaces, hyphens, parentheses and brackets, and each only once in a
 * request. A document without a name is given one, because Bedrock wants it.
 */
export class DocumentNames {
  readonly #taken = new Set<string>();

  /** Told apart by `changed`: the name is not the one that was wished. */
  next(wish: string | undefined): { readonly name: string; readonly changed: boolean } {
    const clean = cleaned(wish ?? '');
    const base = clean === '' ? 'document' : clean;
    let name = clean === '' ? `${base}-1` : base;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${base}-${count}`;
    this.#taken.add(name);
    return { name, changed: wish !== undefined && wish !== name };
  }
}

function cleaned(name: string): string {
  const allowed = name.replaceAll(/[^A-Za-z0-9\s()[\]-]+/g, '-').replaceAll(/\s+/g, ' ');
  return allowed.slice(0, nameCharsMax).trim();
}
