import { describe, expect, it } from 'vitest';
import { parseUri } from '../message/uri.ts';
import { nextHop } from './next-hop.ts';
import { systemResolver } from './system-resolver.ts';

describe('nextHop', () => {
  it.each([
    ['sip:a@192.0.2.1', 'tuple udp 192.0.2.1 5060'],
    ['sip:a@[2001:db8::1]:5070;transport=TCP', 'tuple tcp 2001:db8::1 5070'],
    ['sips:a@b.example', 'name tls b.example 5061'],
    ['sip:b.example;transport=tls', 'name tls b.example 5061'],
    ['sip:a@b.example;maddr=192.0.2.9', 'tuple udp 192.0.2.9 5060'],
    ['sip:a@b.example:5080;maddr=[::1]', 'tuple udp ::1 5080'],
  ])('%s goes to %s', (text, expected) => {
    const uri = parseUri(text);
    if (uri?.kind !== 'sip') throw new Error(text);
    const hop = nextHop(uri);
    const host = hop.kind === 'tuple' ? hop.address : hop.name;
    expect(`${hop.kind} ${hop.transport} ${host} ${hop.port}`).toBe(expected);
  });
});

describe('systemResolver', () => {
  it('finds localhost with no network', async () => {
    expect(await systemResolver.addressesOf('localhost')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/u)]),
    );
  });

  it('says which name it did not find, and what to look at', async () => {
    // too long for any name: refused with no packet sent
    const name = `${'x'.repeat(300)}.invalid`;
    await expect(systemResolver.addressesOf(name)).rejects.toMatchObject({
      code: 'NameNotResolved',
      message: expect.stringContaining(name) as unknown,
      remedy: expect.stringContaining('resolv.conf') as unknown,
    });
  });
});
