import { describe, expect, it } from 'vitest';
import { errorFromErrno } from '../errors.ts';
import { listFamilies } from './family.ts';
import type { Family } from '../wire/ip-address.ts';

const noIpv6 = errorFromErrno('listing ipv6 rules', 97);
const list = async (family: Family): Promise<Family[]> => [family];
const onlyIpv4 = async (family: Family): Promise<Family[]> => {
  if (family === 'ipv6') throw noIpv6;
  return [family];
};

describe('listing by family', () => {
  it('lists both unless one is asked for', async () => {
    expect(await listFamilies(undefined, list)).toEqual(['ipv4', 'ipv6']);
    expect(await listFamilies({ family: 'ipv6' }, list)).toEqual(['ipv6']);
  });

  it('a kernel without IPv6 has nothing of it, unless it was asked for', async () => {
    expect(await listFamilies({}, onlyIpv4)).toEqual(['ipv4']);
    await expect(listFamilies({ family: 'ipv6' }, onlyIpv4)).rejects.toBe(noIpv6);
  });

  it('any other error is told', async () => {
    const error = errorFromErrno('listing', 1);
    const fail = (): Promise<never> => Promise.reject(error);
    await expect(listFamilies({}, fail)).rejects.toBe(error);
  });
});
