const BLOCK_BYTES = 512;

/** A tar as GNU tar writes it: names of more than 100 bytes in an entry of their own, and folders as entries too. */
export function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [entry('folder/', '5', '')];
  for (const [name, text] of Object.entries(files)) {
    if (name.length > 100) parts.push(entry('././@LongLink', 'L', `${name}\0`));
    parts.push(entry(name.slice(0, 100), '0', text));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** The same with the name in a pax attribute. */
export function paxEntry(name: string, text: string): Buffer {
  const attribute = ` path=${name}\n`;
  // The length counts itself; names here make it three digits long.
  const length = attribute.length + 3;
  return Buffer.concat([entry('pax', 'x', `${length}${attribute}`), entry('short-name', '0', text)]);
}

function entry(name: string, type: string, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\0', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((BLOCK_BYTES - (body.length % BLOCK_BYTES)) % BLOCK_BYTES)]);
}
