/** Reads a JSON array while it grows, however it is cut: each element is there as soon as its last character is. */
export class GrowingArray {
  readonly elements: unknown[] = [];
  #text = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #opened = false;
  /** Something has to divide an element from the one before. */
  #divided = true;
  closed = false;

  push(text: string): void {
    for (const character of text) this.#take(character);
  }

  #take(character: string): void {
    if (this.#depth > 0) this.#inside(character);
    else if (!/\s/.test(character)) this.#between(character);
  }

  #between(character: string): void {
    if (this.closed) throw new Error(`something comes after the array: ${character}`);
    if (character === '[' && !this.#opened) this.#opened = true;
    else if (character === ']' && this.#opened) this.closed = true;
    else if (character === ',' && !this.#divided) this.#divided = true;
    else if (character === '{' && this.#opened && this.#divided) {
      this.#depth = 1;
      this.#text = character;
    } else throw new Error(`${character} has no place between elements`);
  }

  #inside(character: string): void {
    this.#text += character;
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (character === '\\') this.#escaped = true;
      else if (character === '"') this.#inString = false;
      return;
    }
    if (character === '"') this.#inString = true;
    if (character === '{') this.#depth += 1;
    if (character === '}') this.#depth -= 1;
    if (this.#depth > 0) return;
    this.elements.push(JSON.parse(this.#text));
    this.#divided = false;
  }
}
