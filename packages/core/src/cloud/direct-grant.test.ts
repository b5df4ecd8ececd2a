import { describe, expect, it } from 'vitest';
import { CoreError } from '../errors.ts';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec, type IdentitySpecInput } from '../identity/identity-spec.ts';
import { formatOwnerTag, ownerTagKey, poolTagKey } from '../identity/owner.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Ec2Action } from '../testing/simulated-ec2/call-log.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Claim, CloudStepEvent, Grant, GrantRequest } from './identity-grant.ts';

const privateIp = '10.0.2.11' as Ipv4Address;
const macAddress = '02:00:00:00:00:aa';
const owner = { cluster: 'c', namespace: 'n', pod: 'sip-0', uid: 'uid-sip-0' };

function build(addresses: number, options: Partial<SimulatedEc2Options> = {}) {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp', ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const tables = [ec2.createRouteTable({ vpcId }), ec2.createRouteTable({ vpcId })];
  const routeTableIds = tables.map(({ routeTableId }) => routeTableId);
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance({ privateIpsPerNetworkInterface: 3 });
  const eni = { subnetId, instanceId, macAddress, deviceIndex: 1 };
  const { networkInterfaceId } = ec2.createNetworkInterface(eni);
  const pool = Array.from({ length: addresses }, () =>
    ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } }),
  );
  return { ec2, vpcId, subnetId, instanceId, networkInterfaceId, routeTableIds, pool };
}

type Built = ReturnType<typeof build>;

interface Ask extends Partial<Omit<GrantRequest, 'spec'>> {
  readonly spec?: Partial<IdentitySpecInput>;
}

function acquire(built: Built, { spec, ...more }: Ask = {}): Promise<Grant> {
  return directGrant({ ec2: built.ec2, clock: new FakeClock() }).acquire({
    spec: parseIdentitySpec({
      owner,
      pool: 'media',
      region: 'eu-central-1',
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds: built.routeTableIds },
      ...spec,
    }),
    link: { macAddress, privateIp },
    onClaimed: async () => {},
    ...more,
  });
}

async function failureOf(attempt: Promise<unknown>): Promise<CoreError> {
  const reason: unknown = await attempt.catch((error: unknown) => error);
  if (CoreError.is(reason)) return reason;
  throw new Error('no CoreError', { cause: reason });
}

/** Everything of a region that an acquire could have left, with one thing to compare it to. */
function stateOf({ ec2 }: Built): unknown {
  const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
  // a check once switched off stays off: it is the node's, not the pod's
  const interfaces = networkInterfaces.map(({ privateIpAddresses }) => privateIpAddresses);
  return { addresses, interfaces, routeTables };
}

describe('acquire', () => {
  it('tells each write when it begins and when it is done, in the order of the architecture', async () => {
    const events: CloudStepEvent[] = [];
    const claims: Claim[] = [];
    const built = build(1);
    const grant = await acquire(built, {
      onStep: (event) => events.push(event),
      onClaimed: async (claim) => {
        claims.push(claim);
        expect(events.at(-1)).toMatchObject({ phase: 'done', step: { kind: 'tag-owner' } });
      },
    });
    expect(events.map(({ phase, step }) => `${step.kind} ${phase}`)).toEqual(
      [
        'disable-source-dest-check',
        'assign-private-ip',
        'associate-address',
        'tag-owner',
        'create-route',
        'create-route',
      ].flatMap((kind) => [`${kind} begun`, `${kind} done`]),
    );
    expect(claims).toHaveLength(1);
    expect(grant).toEqual({
      ...claims[0],
      owner,
      privateIp,
      privateIpAssignedByUs: true,
      routeTableIds: built.routeTableIds,
    });
  });

  it('finds the ENI by id, and among several of an instance by tag or by the MAC address', async () => {
    const built = build(3);
    const { ec2, subnetId, instanceId, networkInterfaceId } = built;
    const tags = { role: 'media' };
    const other = ec2.createNetworkInterface({ subnetId, instanceId, tags });
    const find = (networkInterface: NonNullable<IdentitySpecInput['networkInterface']>) =>
      acquire(built, { spec: { networkInterface } }).then(async (grant) => {
        await directGrant({ ec2, clock: new FakeClock() }).release(grant);
        return grant.networkInterfaceId;
      });
    expect(await find({ by: 'id', networkInterfaceId: other.networkInterfaceId })).toBe(
      other.networkInterfaceId,
    );
    expect(await find({ by: 'instance', instanceId })).toBe(networkInterfaceId);
    expect(await find({ by: 'instance', instanceId, tag: { key: 'role', value: 'media' } })).toBe(
      other.networkInterfaceId,
    );
  });

  it.each<[string, (built: Built) => Ask, string]>([
    [
      'no ENI has the MAC address',
      () => ({ link: { macAddress: '02:ff:ff:ff:ff:ff', privateIp } }),
      'NetworkInterfaceNotFound',
    ],
    [
      'several ENIs carry the tag, none the MAC address',
      ({ ec2, subnetId, instanceId }) => {
        const tags = { role: 'media' };
        ec2.createNetworkInterface({ subnetId, instanceId, tags });
        ec2.createNetworkInterface({ subnetId, instanceId, tags });
        const tag = { key: 'role', value: 'media' };
        return { spec: { networkInterface: { by: 'instance', instanceId, tag } } };
      },
      'NetworkInterfaceAmbiguous',
    ],
    [
      'a route table is not there',
      () => ({ spec: { routeTables: { by: 'ids', routeTableIds: ['rtb-0bad'] } } }),
      'RouteTablesNotFound',
    ],
    [
      'no route table has the tag',
      () => ({ spec: { routeTables: { by: 'tag', key: 'use', value: 'media' } } }),
      'RouteTablesNotFound',
    ],
    [
      'the ENI is detached',
      ({ ec2, networkInterfaceId }) => {
        ec2.detachNetworkInterface({ networkInterfaceId });
        return {};
      },
      'NetworkInterfaceDetached',
    ],
    [
      'the VPC CNI made the ENI for itself',
      ({ ec2, subnetId, instanceId }) => {
        const tags = { 'node.k8s.amazonaws.com/instance_id': instanceId };
        const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId, instanceId, tags });
        return { spec: { networkInterface: { by: 'id', networkInterfaceId } } };
      },
      'NetworkInterfaceManaged',
    ],
    [
      'the ENI lacks the tag that keeps the VPC CNI off, where it must have it',
      () => ({ spec: { requireNoManageTag: true } }),
      'NetworkInterfaceManaged',
    ],
    ['the pool is empty', () => ({ spec: { pool: 'nobody' } }), 'PoolEmpty'],
    [
      'the region has neither the ENI nor the pool',
      () => ({ link: { macAddress: '02:ff:ff:ff:ff:ff', privateIp }, spec: { pool: 'nobody' } }),
      'WrongRegion',
    ],
  ])('refuses when %s, having written nothing', async (_when, ask, code) => {
    const built = build(1);
    const error = await failureOf(acquire(built, ask(built)));
    expect(error.code).toBe(code);
    expect(error.remedy).not.toBe('');
    expect(built.ec2.calls.countWrites()).toBe(0);
  });

  it('takes an ENI that the VPC CNI leaves alone, where it must be so', async () => {
    const built = build(1);
    const { ec2, subnetId, instanceId } = built;
    const tags = { 'node.k8s.amazonaws.com/no_manage': 'true' };
    const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId, instanceId, tags });
    const networkInterface = { by: 'id', networkInterfaceId } as const;
    const grant = await acquire(built, { spec: { networkInterface, requireNoManageTag: true } });
    expect(grant.networkInterfaceId).toBe(networkInterfaceId);
  });

  it.each<[Ec2Action, string, string]>([
    ['DescribeNetworkInterfaces', 'UnauthorizedOperation', 'AccessDenied'],
    ['DescribeAddresses', 'UnauthorizedOperation', 'AccessDenied'],
    ['DescribeRouteTables', 'UnauthorizedOperation', 'AccessDenied'],
    ['ModifyNetworkInterfaceAttribute', 'UnauthorizedOperation', 'AccessDenied'],
    ['AssignPrivateIpAddresses', 'PrivateIpAddressLimitExceeded', 'LimitExceeded'],
    ['AssociateAddress', 'UnauthorizedOperation', 'AccessDenied'],
    ['AssociateAddress', 'Gateway.NotAttached', 'CloudRefused'],
    ['CreateTags', 'TagLimitExceeded', 'LimitExceeded'],
    ['CreateTags', 'InvalidID', 'CloudRefused'],
    ['CreateRoute', 'RouteLimitExceeded', 'LimitExceeded'],
    ['CreateRoute', 'UnauthorizedOperation', 'AccessDenied'],
  ])('%s refused with %s stops at once as %s; nothing is left', async (action, ec2Code, code) => {
    const built = build(5);
    const before = stateOf(built);
    built.ec2.inject({ action, error: ec2Code, times: 99 });
    const error = await failureOf(acquire(built));
    expect(error.code).toBe(code);
    expect(error.message).toContain(ec2Code);
    expect(built.ec2.calls.count(action)).toBe(1);
    expect(stateOf(built)).toEqual(before);
  });

  it('names who holds the private IP, and leaves nothing', async () => {
    const built = build(2);
    const other = built.ec2.createNetworkInterface({ subnetId: built.subnetId });
    await built.ec2.assignPrivateIpAddresses({
      networkInterfaceId: other.networkInterfaceId,
      privateIpAddresses: [privateIp],
    });
    const before = stateOf(built);
    const error = await failureOf(acquire(built));
    expect(error.code).toBe('PrivateIpHeldElsewhere');
    expect(error.message).toContain(other.networkInterfaceId);
    expect(stateOf(built)).toEqual(before);
  });

  it('is patient with what passes, not for ever', async () => {
    const passing = build(1);
    for (const error of ['IncorrectInstanceState', 'InternalError', 'ServiceUnavailable']) {
      passing.ec2.inject({ action: 'AssociateAddress', error });
    }
    passing.ec2.inject({ action: 'DescribeAddresses', error: 'Unavailable', times: 3 });
    passing.ec2.inject({ action: 'CreateTags', error: 'InvalidElasticIpID.NotFound', times: 3 });
    expect((await acquire(passing)).publicIp).toBe('203.0.113.1');
    const lasting = build(3);
    const before = stateOf(lasting);
    lasting.ec2.inject({ action: 'AssociateAddress', error: 'IncorrectState', times: 9999 });
    expect(await failureOf(acquire(lasting))).toMatchObject({ code: 'CloudRefused' });
    expect(stateOf(lasting)).toEqual(before);
  });

  it('waits when it is throttled, and gives back what it took when that lasts', async () => {
    const built = build(1);
    const before = stateOf(built);
    for (const action of ['AssociateAddress', 'CreateTags', 'CreateRoute'] as const) {
      built.ec2.inject({ action, error: 'RequestLimitExceeded', times: 3 });
    }
    const grant = await acquire(built);
    for (const action of ['DeleteRoute', 'DisassociateAddress', 'DeleteTags'] as const) {
      built.ec2.inject({ action, error: 'RequestLimitExceeded', times: 3 });
    }
    await directGrant({ ec2: built.ec2, clock: new FakeClock() }).release(grant);
    expect(stateOf(built)).toEqual(before);
    built.ec2.inject({ action: 'CreateRoute', error: 'RequestLimitExceeded', times: 9999 });
    built.ec2.inject({ action: 'DisassociateAddress', error: 'RequestLimitExceeded', times: 5 });
    expect(await failureOf(acquire(built))).toMatchObject({ code: 'Throttled', retry: 'later' });
    expect(stateOf(built)).toEqual(before);
  });

  it('goes to the next candidate when an address is held on this node, and gives the first back', async () => {
    const built = build(3);
    const seen: Claim[] = [];
    const grant = await acquire(built, {
      onClaimed: async (claim) => {
        seen.push(claim);
        if (seen.length < 3) {
          throw new CoreError({
            code: 'AddressHeldOnNode',
            message: 'EADDRINUSE',
            remedy: '-',
            retry: 'now',
          });
        }
      },
    });
    expect(new Set(seen.map(({ publicIp }) => publicIp)).size).toBe(3);
    expect(grant.publicIp).toBe(seen[2]?.publicIp);
    const { addresses } = built.ec2.snapshot();
    const touched = addresses.filter(({ tags, associationId }) => associationId ?? tags[1]);
    expect(touched.map(({ publicIp }) => publicIp)).toEqual([grant.publicIp]);
  });

  it('gives everything back when the kernel half fails otherwise', async () => {
    const built = build(2);
    const before = stateOf(built);
    const broken = new Error('no such link');
    const attempt = acquire(built, { onClaimed: () => Promise.reject(broken) });
    await expect(attempt).rejects.toBe(broken);
    expect(stateOf(built)).toEqual(before);
  });

  it('a failure leaves in place what an earlier acquire of the same pod took', async () => {
    const built = build(2);
    await acquire(built);
    const before = stateOf(built);
    const broken = new Error('no such link');
    await expect(acquire(built, { onClaimed: () => Promise.reject(broken) })).rejects.toBe(broken);
    expect(stateOf(built)).toEqual(before);
  });

  it('a failing repair of routes takes back its own routes, not the claim it found', async () => {
    const built = build(2);
    const held = await acquire(built);
    const destinationCidrBlock = `${held.publicIp}/32`;
    for (const routeTableId of built.routeTableIds) {
      await built.ec2.deleteRoute({ routeTableId, destinationCidrBlock });
    }
    const before = stateOf(built);
    let routes = 0;
    const error = await failureOf(
      acquire(built, {
        published: held,
        onStep: ({ phase }) => {
          if (phase !== 'done' || ++routes > 1) return;
          built.ec2.inject({ action: 'CreateRoute', error: 'RouteLimitExceeded' });
        },
      }),
    );
    expect(error.code).toBe('LimitExceeded');
    expect(built.ec2.calls.count('DeleteRoute')).toBe(3);
    expect(stateOf(built)).toEqual(before);
  });

  it.each([1, 2, 3, 4, 5, 6])('aborted when write %i begins, gives everything back', async (at) => {
    const built = build(2);
    const before = stateOf(built);
    const stop = new AbortController();
    let writes = 0;
    const attempt = acquire(built, {
      signal: stop.signal,
      onStep: ({ phase }) => {
        if (phase === 'begun' && ++writes === at) stop.abort();
      },
    });
    expect((await failureOf(attempt)).code).toBe('Aborted');
    expect(stateOf(built)).toEqual(before);
  });

  it.each(['InvalidID', 'InvalidElasticIpID.NotFound'])(
    'a release goes on when DeleteTags answers %s: the record went with the address',
    async (error) => {
      const built = build(1);
      const grant = await acquire(built);
      built.ec2.inject({ action: 'DeleteTags', error });
      await directGrant({ ec2: built.ec2, clock: new FakeClock() }).release(grant);
      expect(built.ec2.calls.count('DeleteTags')).toBe(1);
      expect(built.ec2.snapshot().addresses[0]).not.toHaveProperty('associationId');
    },
  );

  it('says what it could not give back', async () => {
    const built = build(1);
    built.ec2.denyActions(['CreateRoute', 'DisassociateAddress']);
    const error = await failureOf(acquire(built));
    expect(error.code).toBe('AccessDenied');
    expect(error.message).toMatch(/CreateRoute.*could not all be given back.*DisassociateAddress/s);
    expect(error.remedy).toMatch(/reaper/);
  });

  it('ends what a dead pod left on the private IP, and claims anew', async () => {
    const built = build(1);
    const left = await acquire(built, { spec: { owner: { ...owner, uid: 'uid-dead' } } });
    const grant = await acquire(built);
    expect(grant.publicIp).toBe(left.publicIp);
    expect(grant.associationId).not.toBe(left.associationId);
    expect(grant.privateIpAssignedByUs).toBe(true);
    const [address] = built.ec2.snapshot().addresses;
    const { networkInterfaceId } = built;
    const record = { owner, privateIp, privateIpAssignedByUs: true, networkInterfaceId };
    const value = formatOwnerTag(record);
    expect(address?.tags).toContainEqual({ key: ownerTagKey, value });
  });

  it('touches no address that is not of the pool', async () => {
    const built = build(1);
    const { allocationId } = built.ec2.allocateAddress({ publicIp: '198.51.100.7' });
    const { networkInterfaceId } = built;
    await built.ec2.assignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: [privateIp],
    });
    await built.ec2.associateAddress({
      allocationId,
      networkInterfaceId,
      privateIpAddress: privateIp,
    });
    const before = stateOf(built);
    const error = await failureOf(acquire(built));
    expect(error.code).toBe('PrivateIpHeldElsewhere');
    expect(error.message).toContain('198.51.100.7');
    expect(stateOf(built)).toEqual(before);
  });

  it('notices a claim that is taken away while the kernel is made ready, and takes another', async () => {
    const built = build(2);
    const { ec2, subnetId } = built;
    const thief = ec2.createNetworkInterface({ subnetId });
    const seen: string[] = [];
    const grant = await acquire(built, {
      onClaimed: async ({ allocationId, publicIp }) => {
        seen.push(publicIp);
        const { networkInterfaceId } = thief;
        if (seen.length === 1) await ec2.associateAddress({ allocationId, networkInterfaceId });
      },
    });
    expect(seen).toHaveLength(2);
    expect(grant.publicIp).toBe(seen[1]);
    const stolen = ec2.snapshot().addresses.find(({ publicIp }) => publicIp === seen[0]);
    expect(stolen?.networkInterfaceId).toBe(thief.networkInterfaceId);
    expect(stolen?.tags).toHaveLength(1);
  });
});
