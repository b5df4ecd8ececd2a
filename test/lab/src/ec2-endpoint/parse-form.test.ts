import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { parseForm } from './parse-form.ts';

const parse = (text: string): ReadonlyMap<string, string> => parseForm(Buffer.from(text));

describe('parseForm', () => {
  test('reads names and values, percent-encoded and with plus signs', () => {
    const form = parse('Action=DescribeAddresses&Filter.1.Name=tag%3Aa%2Fb&V=x+y%20z&E=&N');
    expect([...form]).toEqual([
      ['Action', 'DescribeAddresses'],
      ['Filter.1.Name', 'tag:a/b'],
      ['V', 'x y z'],
      ['E', ''],
      ['N', ''],
    ]);
  });

  test('an empty body has no parameters', () => {
    expect(parse('').size).toBe(0);
  });

  test.each([
    ['a percent sign that escapes nothing', 'A=%zz', 'MalformedQueryString'],
    ['an escape of bytes that are not UTF-8', 'A=%ff%fe', 'MalformedQueryString'],
    ['a truncated escape', 'A=%E2%82', 'MalformedQueryString'],
    ['a value without a name', '=x', 'MalformedQueryString'],
    ['a parameter given twice', 'A=1&A=2', 'InvalidQueryParameter'],
    ['a control character, which XML cannot repeat', 'A=%01', 'InvalidCharacter'],
    ['a character beyond XML', 'A=%EF%BF%BF', 'InvalidCharacter'],
  ])('refuses %s', (_, body, ec2Code) => {
    expect(() => parse(body)).toThrow(expect.objectContaining({ ec2Code }));
  });

  test('refuses a body that is not UTF-8', () => {
    expect(() => parseForm(Buffer.from([0x41, 0x3d, 0xff]))).toThrow(
      expect.objectContaining({ ec2Code: 'MalformedQueryString' }),
    );
  });

  test('refuses more parameters than any action takes', () => {
    const body = Array.from({ length: 5001 }, (_, index) => `A.${index}=x`).join('&');
    expect(() => parse(body)).toThrow(
      expect.objectContaining({ ec2Code: 'InvalidQueryParameter' }),
    );
  });

  property.prop([fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' }))])(
    'reads what URLSearchParams writes, unless it is refused for a character',
    (parameters) => {
      const body = new URLSearchParams(parameters).toString();
      const isPlain = !/%[01][0-9A-F]|%7F|%EF%BF%B[EF]|%ED/.test(body);
      fc.pre(isPlain);
      expect(Object.fromEntries(parse(body))).toEqual({ ...parameters });
    },
  );
});
