import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Markup, markup } from './markup.ts';

describe('markup', () => {
  test('escapes what is put into it, and not what was built the same way', () => {
    const inner = markup`<b>${'<&"\'>'}</b>`;
    expect(String(markup`<p title="${'"'}">${inner}</p>`)).toBe(
      '<p title="&quot;"><b>&lt;&amp;&quot;&#39;&gt;</b></p>',
    );
  });

  test('leaves out null and false, and joins lists', () => {
    expect(String(markup`${null}${false}${0}${['a', markup`<br>`, ['<']]}`)).toBe('0a<br>&lt;');
  });

  test('lets no text end a tag, an attribute or a comment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(String(markup`${text}`)).not.toMatch(/[<>"']/);
        expect(String(markup`${text}`)).not.toMatch(/[^\P{Cc}\t\n\r]/u);
      }),
    );
  });

  test('takes text for markup only where it says so', () => {
    expect(String(markup`${new Markup('<i>')}`)).toBe('<i>');
  });
});
