import { expect, it } from 'vitest';
import type { Ipv4Address } from '../../identity/address.ts';
import { formatHandover, handoverTagKey } from '../../identity/handover.ts';
import type { Grant } from '../identity-grant.ts';
import type { CloudView } from '../observe/view.ts';
import { askedForBy } from './judge-claim.ts';

const grant: Grant = {
  allocationId: 'eipalloc-1',
  associationId: 'eipassoc-2',
  publicIp: '203.0.113.50' as Ipv4Address,
  networkInterfaceId: 'eni-1',
  owner: { cluster: 'c', namespace: 'n', pod: 'sip-0', uid: 'uid-0' },
  privateIp: '10.0.2.11' as Ipv4Address,
  privateIpAssignedByUs: true,
  routeTableIds: [],
};
const by = { cluster: 'c', namespace: 'n', pod: 'standby-0', uid: 'uid-standby' };

function showing(associationId: string | undefined, asked: string, who = by): CloudView {
  const { allocationId, publicIp } = grant;
  const value = formatHandover({ by: who, associationId: asked, untilMs: 90_000 });
  const tags = [{ key: handoverTagKey, value }];
  const held = associationId === undefined ? {} : { associationId };
  const address = { allocationId, publicIp, tags, ...held };
  return { networkInterfaces: [], addresses: [address], routeTables: [] };
}

it.each<[string, CloudView, number | undefined, boolean]>([
  ['for our hold is heeded', showing('eipassoc-2', 'eipassoc-2'), 0, true],
  ['for our hold, where the one before it is shown', showing('eipassoc-1', 'eipassoc-2'), 0, true],
  [
    'for the one before it is not, though that is shown',
    showing('eipassoc-1', 'eipassoc-1'),
    0,
    false,
  ],
  ['is not where the address is free', showing(undefined, 'eipassoc-2'), 0, false],
  ['is not once its time is over', showing('eipassoc-2', 'eipassoc-2'), 90_000, false],
  ['is not by who does not know the time', showing('eipassoc-2', 'eipassoc-2'), undefined, false],
  ['of our own is not', showing('eipassoc-2', 'eipassoc-2', grant.owner), 0, false],
])('a request %s', (_what, view, nowMs, isHeeded) => {
  expect(askedForBy(grant, view, nowMs)?.by).toEqual(isHeeded ? by : undefined);
});
