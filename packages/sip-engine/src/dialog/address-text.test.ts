import { expect, it } from 'vitest';
import { joinAddress, splitAddress, tagOf, withTag } from './address-text.ts';

it.each([
  ['sip:a@b', '<sip:a@b>'],
  ['sip:a@b;tag=1', '<sip:a@b>;tag=1'],
  ['<sip:a@b;lr>;x=1', '<sip:a@b;lr>;x=1'],
  ['"A <b>, \\"c\\"" <sip:a@b>', '"A <b>, \\"c\\"" <sip:a@b>'],
  ['Alice <sip:a@b>;tag=x', 'Alice <sip:a@b>;tag=x'],
])('%s is %s', (written, expected) => {
  expect(joinAddress(splitAddress(written))).toBe(expected);
});

it.each([
  ['<sip:a@b;tag=no>;tag=yes', 'yes'],
  ['sip:a@b;TAG = 1', '1'],
  ['"; tag=2" <sip:a@b>', undefined],
  ['<sip:a@b;tag=no>', undefined],
  ['<sip:a@b>;x="; tag=2";tag=3', '3'],
  ['"never closed <sip:a@b>;tag=4', '4'],
  ['<sip:a@b>', undefined],
])('the tag of %s', (written, expected) => {
  expect(tagOf(written)).toBe(expected);
});

it('puts a tag once', () => {
  expect(withTag(withTag('sip:a@b', 'x'), 'y')).toBe('<sip:a@b>;tag=x');
});
