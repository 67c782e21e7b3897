import { expect } from 'vitest';
import { PNG_BASE64 } from '../../providers/media.ts';
import type { Kind } from './kind.ts';

const BYTES = Buffer.from(PNG_BASE64, 'base64').length;

export const IMAGE: Kind = {
  title: 'Image',
  about: 'A picture in the request itself, beside words; the provider tells what it got.',
  async try(cell) {
    const { heard } = await cell.answer({ turns: [{ kind: 'user', text: 'what is this', pngBase64: PNG_BASE64 }] });
    expect(heard).toMatchObject({ text: `echo: what is this [image/png ${BYTES} bytes]`, stop: 'end' });
  },
};
