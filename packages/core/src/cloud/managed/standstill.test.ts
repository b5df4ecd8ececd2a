import { expect, it } from 'vitest';
import { CoreError, type CoreErrorCode } from '../../errors.ts';
import { concerning, Standstill } from './standstill.ts';

function trouble(code: CoreErrorCode): CoreError {
  return new CoreError({ code, message: 'tried', remedy: 'do', retry: 'never' });
}

it('credentials are looked for again soon, and later each time, up to the interval', () => {
  const standstill = new Standstill(5000);
  const begin = (nowMs: number): number => {
    expect(standstill.at(nowMs)).toBeUndefined();
    expect(standstill.begins(trouble('CredentialsMissing'), nowMs)).toBe(true);
    return (standstill.untilMs ?? 0) - nowMs;
  };
  expect([begin(0), begin(1000), begin(3000), begin(7000), begin(12_000)]).toEqual([
    1000, 2000, 4000, 5000, 5000,
  ]);
  standstill.wentWell();
  expect(begin(17_000)).toBe(1000);
});

it('who waits is told to come again, and one trouble is enough', () => {
  const standstill = new Standstill(5000);
  expect(standstill.begins(trouble('Throttled'), 0)).toBe(true);
  expect(standstill.begins(trouble('CredentialsRefused'), 100)).toBe(false);
  expect(standstill.at(4999)).toMatchObject({ code: 'Throttled', retry: 'later' });
  expect(standstill.at(5000)).toBeUndefined();
  expect(concerning(trouble('CredentialsRefused')).retry).toBe('later');
  expect(concerning(trouble('AccessDenied')).retry).toBe('never');
});

it('rights that are missing for one claim stop no other', () => {
  const standstill = new Standstill(5000);
  expect(standstill.begins(trouble('AccessDenied'), 0)).toBe(false);
  expect(standstill.at(0)).toBeUndefined();
});
