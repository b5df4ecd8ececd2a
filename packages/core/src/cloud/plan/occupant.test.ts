import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../../identity/address.ts';
import { formatHandover, handoverTagKey } from '../../identity/handover.ts';
import { formatOwnerTag, ownerTagKey } from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import { judgeOccupant } from './occupant.ts';

const networkInterfaceId = 'eni-1';
const privateIp = '10.0.2.11' as Ipv4Address;
const owner = { cluster: 'c', namespace: 'n', pod: 'sip-0', uid: 'uid-1' };
const eni: NetworkInterface = {
  networkInterfaceId,
  vpcId: 'vpc-1',
  macAddress: '02:00:00:00:00:aa',
  status: 'in-use',
  subnetId: 'subnet-1',
  sourceDestCheck: false,
  tags: [],
  privateIpAddresses: [{ privateIpAddress: privateIp, primary: false }],
};

function held(index: number, uid: string): ElasticIp {
  const record = { owner: { ...owner, uid }, privateIp, privateIpAssignedByUs: true };
  return {
    allocationId: `eipalloc-${index}`,
    publicIp: `203.0.113.${index}`,
    associationId: `eipassoc-${index}`,
    networkInterfaceId,
    privateIpAddress: privateIp,
    tags: [{ key: ownerTagKey, value: formatOwnerTag({ ...record, networkInterfaceId }) }],
  };
}

describe('judgeOccupant, where describes show two addresses on the private IP', () => {
  const wanted = { owner, privateIp, excluded: [] };
  const occupantOf = (addresses: ElasticIp[], more = {}): string => {
    const view = { networkInterfaces: [eni], addresses, routeTables: [] };
    const occupant = judgeOccupant({ ...wanted, ...more }, view, eni);
    return 'associationId' in occupant
      ? `${occupant.kind} ${occupant.associationId}`
      : occupant.kind;
  };
  const [first, second] = [held(1, 'uid-1'), held(2, 'uid-1')];

  it.each([
    ['the pod’s own, not that of who was there before', [held(3, 'uid-0'), first], {}, 1],
    ['the one that is known to stand', [first, second], { proven: ['eipassoc-2'] }, 2],
    ['the one that is on the link', [first, second], { standing: ['203.0.113.2'] }, 2],
    [
      'the one that is known to stand, whatever is on the link',
      [first, second],
      { proven: ['eipassoc-1'], standing: ['203.0.113.2'] },
      1,
    ],
    [
      'the one that is known to stand, whoever wrote his record on it',
      [held(1, 'uid-0'), second],
      { proven: ['eipassoc-1'] },
      1,
    ],
    ['any of its own', [first, second], { proven: [], standing: [] }, 1],
  ])('goes by %s', (_which, addresses, more, expected) => {
    expect(occupantOf(addresses, more)).toBe(`ours eipassoc-${expected}`);
  });
});

describe('judgeOccupant, where another pod has asked for the address', () => {
  const by = { ...owner, pod: 'standby', uid: 'uid-standby' };
  const kindFor = (more: object, uid = by.uid): string => {
    const value = formatHandover({
      by: { ...by, uid },
      associationId: 'eipassoc-1',
      untilMs: 5000,
    });
    const address = held(1, 'uid-1');
    const tags = [...address.tags, { key: handoverTagKey, value }];
    const view = { networkInterfaces: [eni], addresses: [{ ...address, tags }], routeTables: [] };
    return judgeOccupant({ owner, privateIp, excluded: [], nowMs: 4999, ...more }, view, eni).kind;
  };

  it.each([
    ['it is merely shown: it may have been let go', {}, 'left-over'],
    ['what is known to stand is another one', { proven: ['eipassoc-2'] }, 'left-over'],
    ['it is known to stand', { proven: ['eipassoc-1'] }, 'ours'],
    ['its claim got no answer', { preferred: 'eipalloc-1' }, 'ours'],
    ['the time of that is over', { nowMs: 5000 }, 'ours'],
    ['a keep looks', { nowMs: undefined }, 'ours'],
  ])('%s', (_what, more, expected) => expect(kindFor(more)).toBe(expected));

  it('and that is this pod itself', () => expect(kindFor({}, 'uid-1')).toBe('ours'));
});
