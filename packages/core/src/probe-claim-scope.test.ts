import { describe, expect, it } from 'vitest';
import { aroundEc2 } from './cloud/ec2/around-ec2.ts';
import { governedEc2 } from './cloud/ec2/governed-ec2.ts';
import { RequestLanes } from './cloud/ec2/request-lanes.ts';
import { probeReservation } from './cloud/observe/probe-place.ts';
import { poolTagKey, reservedTagKey } from './identity/owner.ts';
import {
  probeClaimScope,
  type ClaimScopeReport,
  type ClaimScopeRequest,
} from './probe-claim-scope.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from './testing/simulated-ec2/simulated-ec2.ts';

const givenTags = { [poolTagKey]: 'media', [reservedTagKey]: probeReservation };

function build(options: Partial<SimulatedEc2Options> = {}, tags = givenTags) {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId, instanceId });
  const { allocationId } = ec2.allocateAddress({ tags });
  const before = ec2.snapshot();
  const request: ClaimScopeRequest = {
    pool: 'media',
    networkInterfaceId,
    allocationId,
    privateIps: ['10.0.2.50', '10.0.2.51'],
    dryRun: false,
  };
  const probe = (more: Partial<ClaimScopeRequest> = {}): Promise<ClaimScopeReport> =>
    probeClaimScope({ ...request, ...more }, { ec2, clock });
  return { ec2, clock, request, probe, before, networkInterfaceId, allocationId, subnetId };
}

describe('probeClaimScope', () => {
  it.each([
    ['eni', 'per-network-interface'],
    ['privateIp', 'per-private-ip'],
  ] as const)('shows the scope %s, and leaves nothing', async (claimScope, kind) => {
    for (const endedAssociation of ['accept', 'refuse'] as const) {
      const { ec2, probe, before } = build({ claimScope, endedAssociation });
      expect(await probe()).toMatchObject({
        outcome: { kind },
        repeatedClaim: 'same-association',
        endedAssociation,
        left: [],
      });
      expect(ec2.snapshot()).toEqual(before);
    }
  });

  it('writes nothing unless it is told to, and says what it would do', async () => {
    const { ec2, probe, networkInterfaceId, allocationId } = build();
    const privateIps = ['10.0.2.50', '10.0.2.51'] as const;
    const request = { pool: 'media', networkInterfaceId, allocationId, privateIps };
    const told = await probeClaimScope(request, { ec2, clock: new FakeClock() });
    expect(told.outcome).toEqual({ kind: 'dry-run' });
    expect(ec2.calls.countWrites()).toBe(0);
    const commands = told.steps.map(({ command }) => command?.split(' ').slice(0, 3).join(' '));
    expect(new Set(commands)).toEqual(
      new Set([
        'aws ec2 assign-private-ip-addresses',
        'aws ec2 associate-address',
        'aws ec2 disassociate-address',
        'aws ec2 unassign-private-ip-addresses',
      ]),
    );
    expect((await probe()).outcome.kind).toBe('per-network-interface');
  });

  it('leaves on the ENI a private IP that was there before', async () => {
    const { ec2, probe, networkInterfaceId } = build({ claimScope: 'privateIp' });
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: ['10.0.2.50'] });
    const before = ec2.snapshot();
    expect((await probe()).outcome.kind).toBe('per-private-ip');
    expect(ec2.snapshot()).toEqual(before);
  });

  it.each<[string, (built: ReturnType<typeof build>) => Partial<ClaimScopeRequest>, RegExp]>([
    ['the address is of another pool', () => ({ pool: 'voice' }), /not in pool voice/],
    ['there is no such ENI', () => ({ networkInterfaceId: 'eni-0' }), /no eni-0/],
    [
      'a private IP is the primary one',
      () => ({ privateIps: ['10.0.2.4', '10.0.2.51'] }),
      /10\.0\.2\.4 is the primary/,
    ],
    [
      'both private IPs are the same',
      () => ({ privateIps: ['10.0.2.50', '10.0.2.50'] }),
      /not two IPv4 addresses/,
    ],
    [
      'the address is of another network border group',
      ({ ec2 }) => {
        const group = { networkBorderGroup: 'eu-central-1-ham-1' };
        return { allocationId: ec2.allocateAddress({ tags: givenTags, ...group }).allocationId };
      },
      /is of network border group eu-central-1-ham-1, that of eu-central-1a is another/,
    ],
  ])('refuses when %s, having written nothing', async (_when, more, why) => {
    const built = build();
    const error: unknown = await built.probe(more(built)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ProbeRefused', retry: 'never' });
    expect((error as Error).message).toMatch(why);
    expect(built.ec2.calls.countWrites()).toBe(0);
  });

  it('refuses an address that a pod could claim meanwhile, and says how to reserve it', async () => {
    const { probe, ec2 } = build({}, { [poolTagKey]: 'media' } as typeof givenTags);
    const error: unknown = await probe().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ProbeRefused',
      remedy: expect.stringContaining('aws ec2 create-tags') as string,
    });
    expect(ec2.calls.countWrites()).toBe(0);
  });

  it('refuses an address, or a private IP, that is in use', async () => {
    const { ec2, probe, networkInterfaceId, allocationId } = build();
    const privateIpAddress = '10.0.2.50';
    await ec2.assignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: [privateIpAddress],
    });
    const other = ec2.allocateAddress();
    const place = { networkInterfaceId, privateIpAddress };
    const { associationId } = await ec2.associateAddress({ ...place, ...other });
    await expect(probe()).rejects.toThrow(/10\.0\.2\.50 carries/);
    await ec2.disassociateAddress({ associationId });
    await ec2.associateAddress({ ...place, allocationId });
    await expect(probe()).rejects.toThrow(/is in use/);
  });

  it.each(['AssignPrivateIpAddresses', 'AssociateAddress'] as const)(
    'says that it learnt nothing when %s is refused, and undoes the rest',
    async (action) => {
      const { ec2, probe, before } = build();
      ec2.denyActions([action]);
      const { outcome, left } = await probe();
      expect(outcome).toMatchObject({ kind: 'inconclusive' });
      expect(outcome.kind === 'inconclusive' && outcome.why).toContain('UnauthorizedOperation');
      expect(left).toEqual([]);
      expect(ec2.snapshot()).toEqual(before);
    },
  );

  it.each([
    'AssignPrivateIpAddresses',
    'AssociateAddress',
    'DisassociateAddress',
    'UnassignPrivateIpAddresses',
  ] as const)('leaves nothing when an answer of %s is lost', async (action) => {
    const { ec2, probe, before } = build();
    ec2.inject({ action, loseAnswer: true });
    expect((await probe()).left).toEqual([]);
    expect(ec2.snapshot()).toEqual(before);
  });

  it('says what it could not undo, and by which command it is', async () => {
    const { ec2, probe, networkInterfaceId } = build({ claimScope: 'privateIp' });
    ec2.denyActions(['UnassignPrivateIpAddresses']);
    const { outcome, left } = await probe();
    expect(outcome.kind).toBe('per-private-ip');
    expect(left.map(({ command }) => command)).toEqual(
      ['10.0.2.50', '10.0.2.51'].map(
        (privateIp) =>
          `aws ec2 unassign-private-ip-addresses --network-interface-id ${networkInterfaceId} --private-ip-addresses ${privateIp}`,
      ),
    );
  });

  it.each([
    ['AssignPrivateIpAddresses', 1],
    ['AssociateAddress', 3],
    ['UnassignPrivateIpAddresses', 1],
  ] as const)(
    'undoes what it did where a governor gives up on %s, at call %i',
    async (action, atCall) => {
      const { ec2, before, request, clock } = build();
      const lanes = new RequestLanes({ clock, random: () => 0.5 }, { tries: 3 });
      let calls = 0;
      const busy = aroundEc2(ec2, (made, call, make) => {
        if (made === action && ++calls === atCall) {
          ec2.inject({ action, error: 'RequestLimitExceeded', times: 3 });
        }
        return make(call);
      });
      const governed = governedEc2({ ec2: busy, lanes, clock });
      const { left, repeatedClaim } = await probeClaimScope(request, { ec2: governed, clock });
      expect(left).toEqual([]);
      expect(repeatedClaim).not.toBe('refused');
      expect(ec2.snapshot()).toEqual(before);
    },
  );

  it('undoes what it did when it is aborted', async () => {
    const { ec2, before, request, clock } = build();
    const stop = new AbortController();
    const aborting = aroundEc2(ec2, async (action, call, make) => {
      const answer = await make(call);
      if (action === 'AssociateAddress') stop.abort(new Error('enough'));
      return answer;
    });
    const aborted = probeClaimScope(request, { ec2: aborting, clock, signal: stop.signal });
    await expect(aborted).rejects.toMatchObject({ code: 'Aborted', retry: 'now' });
    expect(ec2.calls.count('AssociateAddress')).toBe(1);
    expect(ec2.snapshot()).toEqual(before);
  });

  it('and says what then is left', async () => {
    const { ec2, request, clock } = build();
    const stop = new AbortController();
    const aborting = aroundEc2(ec2, async (action, call, make) => {
      const answer = await make(call);
      if (action === 'AssociateAddress') {
        stop.abort(new Error('enough'));
        ec2.denyActions(['DisassociateAddress']);
      }
      return answer;
    });
    const aborted = probeClaimScope(request, { ec2: aborting, clock, signal: stop.signal });
    await expect(aborted).rejects.toMatchObject({
      code: 'Aborted',
      remedy: expect.stringContaining('aws ec2 disassociate-address') as string,
    });
  });

  it('bears throttling', async () => {
    const { ec2, probe, before } = build({ claimScope: 'privateIp' });
    ec2.inject({ action: '*', error: 'RequestLimitExceeded', times: 5 });
    expect((await probe()).outcome.kind).toBe('per-private-ip');
    expect(ec2.snapshot()).toEqual(before);
  });
});
