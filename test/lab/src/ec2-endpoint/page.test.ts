import { expect, test } from 'vitest';
import { pageOf } from './page.ts';

const ids = ['e-3', 'e-1', 'e-5', 'e-2', 'e-4'];
const read = (all: readonly string[], maxResults?: number, nextToken?: string) =>
  pageOf(all, (id) => id, { maxResults, nextToken, limit: 4 });

test('pages in the order of the ids until nothing is left', () => {
  const first = read(ids, 2);
  const second = read(ids, 2, first.nextToken);
  const third = read(ids, 2, second.nextToken);
  expect([first, second, third].map((page) => page.items)).toEqual([
    ['e-1', 'e-2'],
    ['e-3', 'e-4'],
    ['e-5'],
  ]);
  expect(third.nextToken).toBeUndefined();
});

test('what disappears between two pages shifts nothing', () => {
  const first = read(ids, 2);
  const rest = ids.filter((id) => id !== 'e-1');
  expect(read(rest, 2, first.nextToken).items).toEqual(['e-3', 'e-4']);
});

test('without a number of results the limit ends the page; a last page has no token', () => {
  expect(read(ids).items).toHaveLength(4);
  expect(read(ids.slice(0, 4)).nextToken).toBeUndefined();
  expect(read([]).nextToken).toBeUndefined();
});

test.each(['', 'zzz', Buffer.from('before e-1').toString('base64url')])(
  'refuses the token "%s", which it did not give',
  (token) => {
    expect(() => read(ids, 2, token)).toThrow(
      expect.objectContaining({ ec2Code: 'InvalidPaginationToken' }),
    );
  },
);
