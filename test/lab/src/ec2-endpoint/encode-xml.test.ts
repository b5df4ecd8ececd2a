import { expect, test } from 'vitest';
import { encodeXml } from './encode-xml.ts';

test('fields, lists, booleans, empty lists, and nothing for undefined', () => {
  const xml = encodeXml(
    'ExampleResponse',
    {
      requestId: 'r-1',
      return: true,
      count: 0,
      set: [
        { key: 'a', value: '' },
        { key: 'b', value: undefined },
      ],
      none: [],
      names: ['x', 'y'],
    },
    'http://example.test/doc/',
  );
  expect(xml).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<ExampleResponse xmlns="http://example.test/doc/">' +
      '<requestId>r-1</requestId><return>true</return><count>0</count>' +
      '<set><item><key>a</key><value/></item><item><key>b</key></item></set>' +
      '<none/><names><item>x</item><item>y</item></names></ExampleResponse>',
  );
});

test('text is escaped', () => {
  expect(encodeXml('a', { b: '<&>"\r\n\t' })).toContain('<b>&lt;&amp;&gt;&quot;&#xD;\n\t</b>');
});
