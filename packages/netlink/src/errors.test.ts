import { describe, expect, it } from 'vitest';
import { errorFromErrno, inputError, namespaceError, NetlinkError } from './errors.ts';
import { errnoByName, errnoName } from './schema/errno.ts';

describe('NetlinkError', () => {
  it('says what was tried, in the words of the kernel where it gave some', () => {
    const error = errorFromErrno('adding address 10.0.2.128/24 on link 3', 17, {
      text: 'ipv4: Address already assigned',
      offset: 24,
    });
    expect(error.message).toBe(
      'adding address 10.0.2.128/24 on link 3: ipv4: Address already assigned (EEXIST)',
    );
    expect(error).toMatchObject({
      name: 'NetlinkError',
      code: 'EEXIST',
      errno: 17,
      kernelText: 'ipv4: Address already assigned',
      attributeOffset: 24,
      retry: 'never',
    });
  });

  it('has its own words where the kernel gives none, and no empty fields', () => {
    const error = errorFromErrno('removing rule 100', 2);
    expect(error.message).toBe('removing rule 100: there is no such object (ENOENT)');
    expect(Object.keys(error)).not.toContain('kernelText');
  });

  it.each(Object.keys(errnoByName))('%s has a remedy', (name) => {
    const error = errorFromErrno('trying', errnoByName[name as keyof typeof errnoByName]);
    expect(error.code).toBe(name);
    expect(error.remedy.length).toBeGreaterThan(10);
  });

  it('an unknown errno keeps its number', () => {
    expect(errnoName(131)).toBe('ERRNO_131');
    expect(errorFromErrno('trying', 131)).toMatchObject({ code: 'ERRNO_131', errno: 131 });
  });

  it.each([
    ['ESRCH', true],
    ['ENOENT', true],
    ['ENODEV', true],
    ['EADDRNOTAVAIL', true],
    ['EEXIST', false],
    ['EPERM', false],
  ] as const)('%s: not found is %s', (name, expected) => {
    const error = errorFromErrno('removing', errnoByName[name]);
    expect(error.isNotFound).toBe(expected);
    expect(error.isExists).toBe(name === 'EEXIST');
  });

  it('is recognised across two copies of the package', () => {
    const brand = Symbol.for('@truetuple/netlink.NetlinkError');
    expect(NetlinkError.is(inputError('no', 'yes'))).toBe(true);
    expect(NetlinkError.is({ [brand]: true })).toBe(true);
    expect(NetlinkError.is(new Error('EEXIST'))).toBe(false);
    expect(NetlinkError.is(undefined)).toBe(false);
  });
});

it('making a namespace takes another right than changing one', () => {
  const error = namespaceError('creating a network namespace', 1);
  expect(error).toMatchObject({ code: 'EPERM', errno: 1, retry: 'never' });
  expect(error.remedy).toContain('CAP_SYS_ADMIN');
  expect(namespaceError('naming one', 17)).toMatchObject({ code: 'EEXIST' });
});
