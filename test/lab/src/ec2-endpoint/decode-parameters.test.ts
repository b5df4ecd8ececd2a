import { describe, expect, test } from 'vitest';
import { flag, integer, list, oneOf, optional, struct, text } from './decode-parameters.ts';
import { formTree } from './form-tree.ts';
import { filters } from './parameters.ts';

const tree = (parameters: Readonly<Record<string, string>>): ReturnType<typeof formTree> =>
  formTree(new Map(Object.entries(parameters)));

const decode = struct({
  Id: optional(text),
  DryRun: optional(flag),
  Count: optional(integer(5, 1000)),
  Kind: optional(oneOf('elastic-ip')),
  Item: optional(list(text)),
  Filter: filters,
  Check: optional(struct({ Value: flag })),
});

describe('parameters', () => {
  test('filters of several values', () => {
    const input = decode(
      tree({
        'Filter.2.Name': 'vpc-id',
        'Filter.2.Value.1': 'vpc-1',
        'Filter.1.Name': 'tag:a/b.c',
        'Filter.1.Value.1': 'x',
        'Filter.1.Value.2': 'y',
      }),
      '',
    );
    expect(input.Filter).toEqual([
      { name: 'tag:a/b.c', values: ['x', 'y'] },
      { name: 'vpc-id', values: ['vpc-1'] },
    ]);
  });

  test('a list keeps the order of its numbers, the tenth after the ninth, and passes over a gap', () => {
    const input = decode(tree({ 'Item.10': 'c', 'Item.9': 'b', 'Item.2': 'a' }), '');
    expect(input.Item).toEqual(['a', 'b', 'c']);
  });

  test('what was not sent is undefined', () => {
    expect(Object.values(decode(tree({}), '')).every((value) => value === undefined)).toBe(true);
  });

  test.each([
    ['an unknown parameter', { Oops: '1' }, 'UnknownParameter'],
    [
      'an unknown parameter named like a property of every object',
      { constructor: '1' },
      'UnknownParameter',
    ],
    ['a list index that is no number', { 'Item.x': '1' }, 'UnknownParameter'],
    ['a list index of zero', { 'Item.0': '1' }, 'UnknownParameter'],
    ['a list index with a leading zero', { 'Item.01': '1' }, 'UnknownParameter'],
    ['a list index beyond all bounds', { 'Item.99999999999': '1' }, 'UnknownParameter'],
    ['an empty part of a name', { 'Item..1': '1' }, 'UnknownParameter'],
    ['a name that goes too deep', { 'A.1.B.1.C.1.D.1': '1' }, 'UnknownParameter'],
    ['a value that is a list too', { 'Item.1': '1', Item: '2' }, 'InvalidQueryParameter'],
    ['a list that is a value too', { Item: '2', 'Item.1': '1' }, 'InvalidQueryParameter'],
    ['a value where a list belongs', { Item: 'x' }, 'InvalidParameterValue'],
    ['a list where a value belongs', { 'Id.1': 'x' }, 'InvalidParameterValue'],
    ['a boolean that is none', { DryRun: 'yes' }, 'InvalidParameterValue'],
    ['a number that is none', { Count: '5x' }, 'InvalidParameterValue'],
    ['a number that is too small', { Count: '4' }, 'InvalidParameterValue'],
    ['a number that is too large', { Count: '1001' }, 'InvalidParameterValue'],
    ['a value that is not modelled', { Kind: 'vpc' }, 'InvalidParameterValue'],
    ['a filter without a name', { 'Filter.1.Value.1': 'x' }, 'MissingParameter'],
    ['a filter without values', { 'Filter.1.Name': 'vpc-id' }, 'MissingParameter'],
    ['a structure without its field', { 'Check.Oops': 'x' }, 'UnknownParameter'],
  ])('%s is refused', (_, parameters, ec2Code) => {
    expect(() => decode(tree(parameters), '')).toThrow(expect.objectContaining({ ec2Code }));
  });

  test('the message names the whole parameter', () => {
    const nested = struct({ Tag: list(struct({ Key: text })) });
    expect(() => nested(tree({ 'Tag.3.Key.1': 'x' }), '')).toThrow(/Tag\.3\.Key is one value/);
    expect(() => nested(tree({}), '')).toThrow(/must contain the parameter Tag/);
  });
});
