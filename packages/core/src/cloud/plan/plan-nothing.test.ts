import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../../identity/address.ts';
import { formatOwnerTag, ownerTagKey, type Owner } from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import { viewAfter, type CloudView } from '../observe/view.ts';
import { isContradicted, planNothing, type WantedNothing } from './plan-nothing.ts';

const privateIp = '10.0.2.11' as Ipv4Address;
const publicIp = '203.0.113.1' as Ipv4Address;
const allocationId = 'eipalloc-1';
const networkInterfaceId = 'eni-1';
const me: Owner = { cluster: 'c', namespace: 'n', pod: 'me', uid: 'uid-me' };
const next: Owner = { ...me, uid: 'uid-next' };

const wanted: WantedNothing = {
  kind: 'nothing',
  owner: me,
  networkInterfaceId,
  privateIp,
  claim: { allocationId, publicIp, associationId: 'eipassoc-1' },
  unassignPrivateIp: true,
  known: 'own',
  routeTableIds: ['rtb-1'],
};

function tag(owner: Owner): ElasticIp['tags'] {
  const value = formatOwnerTag({
    owner,
    privateIp,
    privateIpAssignedByUs: true,
    networkInterfaceId,
  });
  return [{ key: ownerTagKey, value }];
}

function held(more: Partial<ElasticIp> = {}): ElasticIp {
  return {
    allocationId,
    publicIp,
    associationId: 'eipassoc-1',
    networkInterfaceId,
    privateIpAddress: privateIp,
    tags: tag(me),
    ...more,
  };
}

function eniCarrying(address?: ElasticIp): NetworkInterface {
  const { associationId = '' } = address ?? {};
  const association = address && {
    publicIp: address.publicIp,
    allocationId: address.allocationId,
    associationId,
  };
  return {
    networkInterfaceId,
    vpcId: 'vpc-1',
    subnetId: 'subnet-1',
    macAddress: '02:00:00:00:00:01',
    sourceDestCheck: false,
    status: 'in-use',
    privateIpAddresses: [
      { privateIpAddress: '10.0.2.10', primary: true },
      { privateIpAddress: privateIp, primary: false, ...(association && { association }) },
    ],
    tags: [],
  };
}

function viewOf(address: ElasticIp | undefined, target = networkInterfaceId): CloudView {
  const route = { destinationCidrBlock: `${publicIp}/32`, networkInterfaceId: target };
  const routes = [{ ...route, state: 'active' as const }];
  const isHere =
    address?.privateIpAddress === privateIp && address.networkInterfaceId === networkInterfaceId;
  return {
    networkInterfaces: [eniCarrying(isHere ? address : undefined)],
    addresses: address === undefined ? [] : [address],
    routeTables: [
      { routeTableId: 'rtb-1', vpcId: 'vpc-1', routes, associatedSubnetIds: [], tags: [] },
    ],
  };
}

function kinds(more: Partial<WantedNothing>, view: CloudView): string[] {
  return planNothing({ ...wanted, ...more }, view).map(({ kind }) => kind);
}

const everything = ['delete-route', 'disassociate-address', 'unassign-private-ip', 'untag-owner'];

describe('planNothing', () => {
  it('its plan, applied, leaves nothing to plan; so does each part of it', () => {
    const view = viewOf(held());
    const steps = planNothing(wanted, view);
    expect(steps.map(({ kind }) => kind)).toEqual(everything);
    for (let done = 0; done <= steps.length; done++) {
      const halfWay = steps.slice(0, done).reduce((now, step) => viewAfter(now, { step }), view);
      const rest = planNothing(wanted, halfWay);
      expect(rest).toEqual(steps.slice(done));
      const end = rest.reduce((now, step) => viewAfter(now, { step }), halfWay);
      expect(planNothing(wanted, end)).toEqual([]);
    }
  });

  it('uses the association that is ours now, not the one of the grant', () => {
    const [, step] = planNothing(wanted, viewOf(held({ associationId: 'eipassoc-2' })));
    expect(step).toMatchObject({ kind: 'disassociate-address', associationId: 'eipassoc-2' });
  });

  it('leaves alone a private IP that it did not register, the primary, and one that is gone', () => {
    const without = everything.filter((kind) => kind !== 'unassign-private-ip');
    expect(kinds({ unassignPrivateIp: false }, viewOf(held()))).toEqual(without);
    const primary = '10.0.2.10' as Ipv4Address;
    const onPrimary = viewOf(held({ privateIpAddress: primary }));
    expect(kinds({ privateIp: primary }, onPrimary)).not.toContain('unassign-private-ip');
    const gone = { ...viewOf(held()), networkInterfaces: [] };
    expect(kinds({}, gone)).toEqual(without);
  });

  it.each<[string, ElasticIp, string, string[]]>([
    [
      'the address is on another interface, its routes too',
      held({ networkInterfaceId: 'eni-2', tags: tag(next) }),
      'eni-2',
      ['unassign-private-ip'],
    ],
    [
      'another pod of our interface has the address: the routes are its routes',
      held({ privateIpAddress: '10.0.2.12', tags: tag(next) }),
      networkInterfaceId,
      ['unassign-private-ip'],
    ],
    [
      'the private IP was recycled, and its new pod holds the same address by the same association',
      held({ tags: tag(next) }),
      networkInterfaceId,
      [],
    ],
    [
      'the private IP was recycled, and its new pod has not recorded its own association yet',
      held({ associationId: 'eipassoc-2', tags: [] }),
      networkInterfaceId,
      [],
    ],
    [
      'the address was taken by another pod that has not overwritten our record yet',
      held({ networkInterfaceId: 'eni-2' }),
      'eni-2',
      ['unassign-private-ip'],
    ],
  ])('spares what somebody else has: %s', (_what, address, target, expected) => {
    const planned = kinds({}, viewOf(address, target)).filter((kind) => kind !== 'untag-owner');
    expect(planned).toEqual(expected);
  });

  it('ends its own claim by its id where a describe shows whom it was taken from', () => {
    const before = held({ associationId: 'eipassoc-0', privateIpAddress: '10.0.2.12', tags: [] });
    const [step, ...rest] = planNothing(wanted, viewOf(before));
    expect(step).toMatchObject({ kind: 'disassociate-address', associationId: 'eipassoc-1' });
    expect(rest.map(({ kind }) => kind)).toEqual(['unassign-private-ip']);
    // another process may have made the claim long ago: what is shown is as it is
    expect(kinds({ known: 'reported' }, viewOf(before))).toEqual([]);
  });

  it('deletes its record by its value, also from an address that another pod of the interface has by now', () => {
    const taken = viewOf(held({ associationId: 'eipassoc-2', privateIpAddress: '10.0.2.12' }));
    const given = kinds({ unassignPrivateIp: false }, taken);
    expect(given).toEqual(['disassociate-address', 'untag-owner']);
    expect(kinds({ known: 'reported' }, taken)).toEqual(['unassign-private-ip', 'untag-owner']);
    expect(kinds({ known: 'ended-before' }, taken)).toContain('untag-owner');
    expect(kinds({ known: 'ended' }, taken)).toContain('untag-owner');
  });

  it.each([
    { privateIp: '10.0.2.12' as Ipv4Address, networkInterfaceId },
    { privateIp, networkInterfaceId: 'eni-2' },
    { privateIp: '10.0.2.12' as Ipv4Address, networkInterfaceId: 'eni-2' },
  ])(
    'gives back what it holds under a record of another place, whose CreateTags came last: %o',
    (place) => {
      const stray = { owner: next, ...place };
      const value = formatOwnerTag({ ...stray, privateIpAssignedByUs: true });
      const address = held({ tags: [{ key: ownerTagKey, value }] });
      const without = everything.filter((kind) => kind !== 'untag-owner');
      expect(kinds({ known: 'reported' }, viewOf(address))).toEqual(without);
      // by another association it may be the next pod's of the private IP
      const newer = { ...address, associationId: 'eipassoc-2' };
      expect(kinds({ known: 'reported' }, viewOf(newer))).toEqual([]);
    },
  );

  it('takes a private IP off that only the link says to be the pod’s: its claim and record are another’s', () => {
    const taken = viewOf(held({ privateIpAddress: '10.0.2.12', tags: tag(next) }));
    const reported = { known: 'reported', isPrivateIpOnLink: true } as const;
    expect(kinds(reported, taken)).toEqual(['unassign-private-ip']);
    expect(kinds({ ...reported, isPrivateIpOnLink: false }, taken)).toEqual([]);
    expect(kinds({ ...reported, unassignPrivateIp: false }, taken)).toEqual([]);
    const carries = viewOf(held({ tags: tag(next) }));
    expect(kinds(reported, carries)).toEqual([]);
    // it was assigned so recently that no describe shows it
    const hidden = { ...taken, networkInterfaces: [{ ...eniCarrying(), privateIpAddresses: [] }] };
    const ended = { ...reported, isFirst: true, known: 'ended-before' } as const;
    expect(kinds(ended, hidden)).toEqual(['unassign-private-ip']);
    expect(kinds({ ...ended, isFirst: false }, hidden)).toEqual([]);
    expect(kinds({ ...ended, isPrivateIpOnLink: false }, hidden)).toEqual([]);
    expect(kinds({ ...ended, unassignPrivateIp: false }, hidden)).toEqual([]);
  });

  it('ends what its own private IP carries by an id that nobody has told, where the address is shown without it', () => {
    const free = { allocationId, publicIp, tags: [] };
    const renewed = [eniCarrying(held({ associationId: 'eipassoc-2' }))];
    const view: CloudView = { ...viewOf(free), networkInterfaces: renewed };
    const known = { ...wanted, known: 'ended-before', isPrivateIpOnLink: true } as const;
    const steps = planNothing(known, view);
    expect(steps).toMatchObject([{ kind: 'disassociate-address', associationId: 'eipassoc-2' }]);
    const after = steps.reduce((now, step) => viewAfter(now, { step }), view);
    expect(kinds(known, after)).toEqual(['unassign-private-ip']);
    // the private IP may be the next pod's by now
    expect(kinds({ known: 'ended-before' }, view)).toEqual([]);
    // the address may be the next pod's, as what is shown of it says
    const taken = { ...viewOf(held({ tags: tag(next) })), networkInterfaces: renewed };
    expect(kinds(known, taken)).toEqual([]);
  });

  it('gives back what stands on its private IP by an id that nobody has told, without a record: no other pod has that', () => {
    const view = viewOf(held({ associationId: 'eipassoc-2', tags: [] }));
    const known = { known: 'reported', isPrivateIpOnLink: true } as const;
    const ids = planNothing({ ...wanted, ...known }, view).flatMap((step) =>
      step.kind === 'disassociate-address' ? step.associationId : [],
    );
    // what is shown may be from before the claim
    expect(ids).toEqual(['eipassoc-1', 'eipassoc-2']);
    expect(kinds(known, view)).toContain('unassign-private-ip');
    expect(kinds({ ...known, isPrivateIpOnLink: false }, view)).toEqual([]);
  });

  it('takes a private IP off that still shows the claim which its address has lost', () => {
    const stolen = held({ networkInterfaceId: 'eni-2', associationId: 'eipassoc-2' });
    const view = { ...viewOf(stolen), networkInterfaces: [eniCarrying(held())] };
    const reported = { known: 'reported' } as const;
    expect(kinds(reported, view)).toEqual(['unassign-private-ip', 'untag-owner']);
    const newer = {
      ...view,
      networkInterfaces: [eniCarrying(held({ associationId: 'eipassoc-3' }))],
    };
    expect(kinds(reported, newer)).toEqual(['untag-owner']);
  });

  it('takes a private IP off that goes on showing what it carried before the claim which EC2 has just ended', () => {
    const free = { allocationId, publicIp, tags: [] };
    const former = held({ allocationId: 'eipalloc-9', publicIp: '203.0.113.9' });
    const view = { ...viewOf(free), networkInterfaces: [eniCarrying(former)] };
    const ended = { ...wanted, known: 'ended', isPrivateIpOnLink: true } as const;
    expect(kinds(ended, view)).toContain('unassign-private-ip');
    // whoever ended it may have given the private IP another one
    expect(kinds({ ...ended, known: 'ended-before' }, view)).not.toContain('unassign-private-ip');
    // or it is the next pod's by now
    expect(kinds({ ...ended, isPrivateIpOnLink: false }, view)).not.toContain(
      'unassign-private-ip',
    );
    // then EC2's yes to the end of the claim is no proof by itself
    const reported = { ...wanted, known: 'reported' } as const;
    expect(isContradicted(reported, view)).toBe(true);
    expect(isContradicted(reported, viewOf(free))).toBe(false);
    expect(isContradicted(reported, viewOf(held()))).toBe(false);
    expect(isContradicted(reported, viewOf(held({ networkInterfaceId: 'eni-2' })))).toBe(true);
  });

  it('asks for a private IP that no describe shows while its record says that it is ours', () => {
    const free = { allocationId, publicIp, tags: tag(me) };
    const eni = eniCarrying();
    const privateIpAddresses = eni.privateIpAddresses.slice(0, 1);
    const view = { ...viewOf(free), networkInterfaces: [{ ...eni, privateIpAddresses }] };
    const ended = { known: 'ended-before' } as const;
    expect(kinds(ended, view)).toContain('unassign-private-ip');
    const unrecorded = { ...view, addresses: [{ ...free, tags: [] }] };
    expect(kinds(ended, unrecorded)).not.toContain('unassign-private-ip');
  });

  it('never unassigns a private IP that carries the address of somebody else', () => {
    const other = held({ allocationId: 'eipalloc-9', publicIp: '203.0.113.9', tags: [] });
    const view = { ...viewOf(undefined), networkInterfaces: [eniCarrying(other)] };
    expect(kinds({}, view)).not.toContain('unassign-private-ip');
  });

  it('goes on where a release was cut short: routes and record of an address that is free', () => {
    const free = { allocationId, publicIp, tags: tag(me) };
    expect(kinds({}, viewOf(free))).toEqual(['delete-route', 'unassign-private-ip', 'untag-owner']);
  });

  it('gives back a claim whose answer was lost: the id is what the next look shows', () => {
    const claim = { allocationId, publicIp, associationId: undefined };
    const [, step] = planNothing({ ...wanted, claim }, viewOf(held({ tags: [] })));
    expect(step).toMatchObject({ kind: 'disassociate-address', associationId: 'eipassoc-1' });
  });
});
