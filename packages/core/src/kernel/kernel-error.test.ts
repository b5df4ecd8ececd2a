import { expect, it } from 'vitest';
import { CoreError } from '../errors.ts';
import { kernelError } from './kernel-error.ts';

const attempt = {
  what: 'ip address add 203.0.113.50/32 dev net1 scope link',
  linkName: 'net1',
  address: '203.0.113.50',
};

it.each([
  ['EPERM', 'NetAdminMissing', /uid 0 .*NET_ADMIN.*file capability.*kubernetes#56374/],
  ['ENODEV', 'LinkNotFound', /ip link.*net1/],
  ['ENETDOWN', 'LinkDown', /ip link set net1 up/],
  ['EADDRINUSE', 'AddressHeldOnNode', /203\.0\.113\.50 is on another slave/],
  ['ERANGE', 'KernelRefused', /ip rule/],
])('%s is %s', (errno, code, remedy) => {
  const error = kernelError({ errno }, attempt);
  expect(CoreError.is(error)).toBe(true);
  expect(error.code).toBe(code);
  expect(error.remedy.replaceAll('kubernetes/', '')).toMatch(remedy);
  expect(error.message).toBe(`The kernel refused \`${attempt.what}\` with ${errno}`);
});

it('EADDRINUSE of an IPv6 address is not AddressHeldOnNode: another Elastic IP would not help', () => {
  const address = '2001:db8:0:202::50';
  const error = kernelError({ errno: 'EADDRINUSE' }, { what: 'ip -6 address add ...', address });
  expect(error).toMatchObject({ code: 'Ipv6AddressHeldElsewhere', retry: 'later' });
  expect(error.remedy).toContain(`${address} is on another slave`);
});

it("repeats the kernel's own text and keeps the cause", () => {
  const cause = new Error('netlink');
  const error = kernelError({ errno: 'EINVAL', kernelText: 'Invalid prefix', cause }, attempt);
  expect(error.message).toMatch(/with EINVAL: Invalid prefix$/);
  expect(error.cause).toBe(cause);
});

it.each(['ENOENT', 'EOPNOTSUPP', 'EPROTONOSUPPORT'])(
  '%s of nftables is DeliveryImpossible: the kernel has no such part',
  (errno) => {
    const error = kernelError({ errno }, { what: 'nft ...', part: 'nftables' });
    expect(error).toMatchObject({ code: 'DeliveryImpossible', retry: 'never' });
    expect(error.remedy).toContain('nf_tables');
    expect(kernelError({ errno }, { what: 'ip ...' }).code).toBe('KernelRefused');
  },
);
