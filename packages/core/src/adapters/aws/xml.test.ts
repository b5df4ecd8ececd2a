import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { childOf, itemsOf, parseXml, textOf, type XmlElement } from './xml.ts';

function write({ name, text, children }: XmlElement): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<${name}>${escaped}${children.map(write).join('')}</${name}>`;
}

const { element } = fc.letrec<{ element: XmlElement }>((tie) => ({
  element: fc.record({
    name: fc.stringMatching(/^[a-zA-Z_][\w.-]{0,8}$/),
    text: fc.string({ unit: 'grapheme' }),
    children: fc.oneof(
      { maxDepth: 3 },
      fc.constant([]),
      fc.array(tie('element'), { maxLength: 3 }),
    ),
  }),
}));

test.prop([element])('reads what was written', (wanted) => {
  expect(parseXml(write(wanted))).toEqual(wanted);
});

test.prop([element, fc.double({ min: 0, max: 1, noNaN: true })])(
  'a document that was cut off is refused, never read as a shorter one',
  (wanted, share) => {
    const document = write(wanted);
    const cut = document.slice(0, Math.floor(document.length * share));
    fc.pre(cut.length < document.length);
    expect(() => parseXml(cut)).toThrow(/not well-formed/);
  },
);

describe('parseXml', () => {
  it('reads what surrounds an answer of EC2', () => {
    const answer = parseXml(
      `<?xml version="1.0" encoding="UTF-8"?>\n<!-- one -->\n<A xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
        <set><item><k>a&#x41;&#66;&lt;&amp;gt;</k></item><other/><item/></set><empty></empty></A>\n`,
    );
    expect(itemsOf(answer, 'set').map((item) => textOf(item, 'k'))).toEqual([
      'aAB<&gt;',
      undefined,
    ]);
    expect(childOf(answer, 'empty')?.text).toBe('');
    expect(textOf(answer, 'empty')).toBeUndefined();
    expect(itemsOf(answer, 'absent')).toEqual([]);
  });

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a></a><b></b>',
    '<a',
    '<a></a>text',
    '<!DOCTYPE a><a/>',
  ])('refuses %j', (source) => {
    expect(() => parseXml(source)).toThrow(/not well-formed XML at character/);
  });

  it('a thousand levels, a megabyte of text', () => {
    const deep = parseXml('<a>'.repeat(1000) + 'x'.repeat(1_000_000) + '</a>'.repeat(1000));
    expect(deep.children).toHaveLength(1);
  });
});
