import fc from 'fast-check';

const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,30})$/);

/** A number as JSON may write it, of any size and with any number of digits. */
export const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '1.0',
    '-0',
    '0.0',
    '1e400',
    '-1E+5',
    '9007199254740993',
    '0.1',
    '7',
    '1e-7',
    '0.10000000000000000001',
  ),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      digits,
      fc.constantFrom('', '.5', '.50', '.000000000000000000001'),
      fc.constantFrom('', 'e7', 'E-3', 'e+400'),
    )
    .map((pieces) => pieces.join('')),
);

const texts = fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text));

/** An object as compact JSON text, whose numbers are of all kinds. */
export const objectText: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: numberText },
    { weight: 1, arbitrary: texts },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((list) => `[${list.join(',')}]`) },
    { weight: 1, arbitrary: tie('object') },
  ),
  object: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('value'), { minKeys: 1, maxKeys: 3 }).map(
    (members) =>
      `{${Object.entries(members)
        .map(([name, value]) => `"${name}":${value}`)
        .join(',')}}`,
  ),
})).object;
