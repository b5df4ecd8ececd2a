import { describe, expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import type { Grant } from './cloud/identity-grant.ts';
import type { LivePods } from './cloud/liveness.ts';
import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapReport } from './reap-report.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { ManualClock } from './testing/manual-clock.ts';
import type { Ec2Action } from './testing/simulated-ec2/call-log.ts';
import type { ShownNetworkInterface } from './testing/simulated-ec2/describe.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

/** Ways to die that docs/closures.md lists, and that no other test shows. */

type Pod = SimulatedPod<ManualClock>;

const minute = 60_000;
const privateIp = '10.0.2.128' as Ipv4Address;
const nobody: LivePods = { complete: true, pods: [] };
const theOne: LivePods = {
  complete: true,
  pods: [{ uid: 'uid-gateway-0', node: 'node-1', privateIps: [privateIp] }],
};

async function build() {
  const pod = simulatedPod({ clock: new ManualClock() });
  const fresh = pod.ec2.snapshot();
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await pod.clock.advance(5 * minute);
  let earlier: readonly OrphanSighting[] = [];
  const pass = async (live: LivePods): Promise<ReapReport> => {
    const { ec2, clock } = pod;
    const request = { pool: 'media', live: { livePods: async () => live }, earlier };
    const report = await clock.run(reapOrphans(request, { ec2, clock }));
    earlier = report.sightings;
    return report;
  };
  return { pod, fresh, held, pass };
}

function interfaceOf({ ec2 }: Pod): ShownNetworkInterface {
  const eni = ec2
    .snapshot()
    .networkInterfaces.find((one) =>
      one.privateIpAddresses.some(({ privateIpAddress }) => privateIpAddress === '10.0.2.10'),
    );
  if (eni === undefined) throw new Error('the pod has no interface');
  return eni;
}

function mediaInstance(pod: Pod): string {
  return interfaceOf(pod).attachment?.instanceId ?? '';
}

/** What of EC2 is not the interfaces: their check stays off, and a lost node's are gone. */
function poolAndRoutes({ ec2 }: Pod): unknown {
  const { addresses, routeTables } = ec2.snapshot();
  return { addresses, routeTables };
}

describe('node loss', () => {
  it('an instance that is terminated takes its ENI along; the reaper takes the record and the black hole', async () => {
    const { pod, fresh, pass } = await build();
    pod.ec2.setInstanceState({ instanceId: mediaInstance(pod), state: 'terminated' });
    const routes = pod.ec2.snapshot().routeTables.flatMap((table) => table.routes);
    expect(routes.map(({ state }) => state)).toContain('blackhole');
    await pass(nobody);
    await pod.clock.advance(5 * minute);
    expect((await pass(nobody)).outcome).toEqual({ kind: 'finished' });
    const { addresses, routeTables } = fresh;
    expect(poolAndRoutes(pod)).toEqual({ addresses, routeTables });
  });

  it('an instance that is terminated leaves an ENI that outlives it: the reaper takes all that the pod had on it', async () => {
    const { pod, fresh, pass } = await build();
    const instanceId = mediaInstance(pod);
    const { networkInterfaceId } = interfaceOf(pod);
    pod.ec2.modifyNetworkInterface({ networkInterfaceId, deleteOnTermination: false });
    pod.ec2.setInstanceState({ instanceId, state: 'terminated' });
    const [address] = pod.ec2.snapshot().addresses.filter((one) => one.associationId !== undefined);
    expect(address?.networkInterfaceId).toBe(networkInterfaceId);
    await pass(nobody);
    await pod.clock.advance(5 * minute);
    expect((await pass(nobody)).outcome).toEqual({ kind: 'finished' });
    const { addresses, routeTables } = fresh;
    expect(poolAndRoutes(pod)).toEqual({ addresses, routeTables });
    expect(interfaceOf(pod).privateIpAddresses).toHaveLength(1);
  });

  it('a node that only does not answer keeps all that is its pods, as long as they are listed', async () => {
    const { pod, fresh, pass } = await build();
    pod.ec2.setInstanceState({ instanceId: mediaInstance(pod), state: 'stopped' });
    const before = pod.ec2.snapshot();
    for (const _ of [1, 2, 3]) {
      expect((await pass(theOne)).applied).toEqual([]);
      await pod.clock.advance(5 * minute);
    }
    expect(pod.ec2.snapshot()).toEqual(before);
    await pass(nobody);
    await pod.clock.advance(5 * minute);
    await pass(nobody);
    const { addresses, routeTables } = fresh;
    expect(poolAndRoutes(pod)).toEqual({ addresses, routeTables });
  });
});

describe('forced delete', () => {
  it('of a pod whose process runs on: it claims again what the reaper took, and says so', async () => {
    const { pod, held, pass } = await build();
    const events: KeepEvent[] = [];
    const keeping = await held.keep({ onEvent: (event) => void events.push(event) });
    await pass(nobody);
    await pod.clock.advance(5 * minute);
    expect((await pass(nobody)).applied).not.toEqual([]);
    await pod.clock.advance(minute);
    expect(events.map(({ kind }) => kind)).toContain('restored');
    // anew: its age counts from now
    expect((await pass(nobody)).applied).toEqual([]);
    await keeping.close();
  });
});

describe('EC2 is not reached', () => {
  it('while releasing: the publication and the link are given back, the rest by the next try', async () => {
    const { pod, fresh, held } = await build();
    pod.ec2.inject({ action: '*', error: 'TimeoutError', times: 9999 });
    const error: unknown = await pod.clock.run(held.release().catch((reason: unknown) => reason));
    expect(error).toMatchObject({ code: 'ReleaseIncomplete' });
    expect((error as Error).message).toMatch(/EC2.*TimeoutError/);
    expect(await pod.publisher.current()).toBeUndefined();
    const onLink = pod.kernel.snapshot().links.flatMap((link) => link.addresses);
    expect(JSON.stringify(onLink)).not.toContain('203.0.113.50');
    const heal = simulatedPodHealed(pod);
    await pod.clock.run(releasePublicIdentity(held.identity, { node: heal }));
    const { addresses, routeTables } = fresh;
    expect(poolAndRoutes(pod)).toEqual({ addresses, routeTables });
  });

  it('by a pod that is kept: it stays published, nobody takes it, and goes on when EC2 answers', async () => {
    const { pod, held, pass } = await build();
    const events: KeepEvent[] = [];
    const keeping = await held.keep({ onEvent: (event) => void events.push(event) });
    const { ec2 } = pod;
    const cut = new Set<Ec2Action>(['DescribeAddresses', 'DescribeNetworkInterfaces']);
    for (const action of cut) ec2.inject({ action, error: 'TimeoutError', times: 12 });
    await pod.clock.advance(5 * minute);
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['unsure']));
    expect(await pod.publisher.current()).toEqual(held.identity);
    await pass(theOne);
    await pod.clock.advance(5 * minute);
    expect((await pass(theOne)).applied).toEqual([]);
    expect(keeping.identity.associationId).toBe(held.identity.associationId);
    await keeping.close();
  });
});

/** The same pod's ports once its EC2 answers again: what was planted is passed by. */
function simulatedPodHealed(pod: Pod): Pod['node'] {
  return {
    ...pod.node,
    openGrant: async () => {
      // each refused call uses up one planted fault
      for (let calls = 0; calls < 9999; calls++) {
        const answer = await pod.ec2.describeAddresses({}).catch(() => undefined);
        if (answer !== undefined) break;
      }
      return directGrant({ ec2: pod.ec2, clock: pod.clock });
    },
  };
}

/** EC2 for a process that hangs just before its n-th call, and goes on when it is told. */
function hangingAt(ec2: Ec2Api, call: number) {
  const { promise: hangs, resolve: hang } = Promise.withResolvers<string>();
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  let calls = 0;
  const proxy = new Proxy(ec2, {
    get(target, name: keyof Ec2Api) {
      const run = target[name].bind(target) as (...all: unknown[]) => Promise<unknown>;
      return async (...input: unknown[]) => {
        if (++calls === call) {
          hang(name);
          await goesOn;
        }
        return run(...input);
      };
    },
  });
  return { ec2: proxy, hangs, goOn, calls: () => calls };
}

function acquire(pod: Pod, ec2: Ec2Api, uid: string, on: Ipv4Address): Promise<Grant> {
  const spec = parseIdentitySpec({
    ...pod.spec,
    owner: { cluster: 'test', namespace: 'sip', pod: uid, uid },
  });
  const link = { macAddress: '02:00:00:00:02:0a', privateIp: on };
  const grants = directGrant({ ec2, clock: pod.clock });
  return pod.clock.run(grants.acquire({ spec, link, onClaimed: async () => {} }));
}

describe('a process hangs while it releases, its pod is reaped, and the next pod takes its address', () => {
  const nextIp = '10.0.2.129' as Ipv4Address;

  async function hangIn(call: number) {
    const pod = simulatedPod({ clock: new ManualClock() });
    const { ec2, clock } = pod;
    const hung = await acquire(pod, ec2, 'uid-hung', privateIp);
    const hanging = hangingAt(ec2, call);
    const release = directGrant({ ec2: hanging.ec2, clock }).release(hung);
    release.catch(() => undefined);
    const at = await Promise.race([hanging.hangs, release.then(() => undefined)]);
    if (at === undefined) return { calls: hanging.calls() };
    const request = { pool: 'media', live: { livePods: async () => nobody }, graceMs: 0 };
    await clock.run(reapOrphans(request, { ec2, clock }));
    const next = await acquire(pod, ec2, 'uid-next', nextIp);
    expect(next.publicIp).toBe(hung.publicIp);
    const before = ec2.snapshot();
    hanging.goOn();
    await clock.run(release);
    return { at, before, after: ec2.snapshot(), calls: hanging.calls() };
  }

  it('whatever call it hung in, it takes nothing but, in the middle of it, a route', async () => {
    const { calls } = await hangIn(9999);
    const hungIn: (string | undefined)[] = [];
    for (let call = 1; call <= calls; call++) {
      const { at, before, after } = await hangIn(call);
      hungIn.push(at);
      expect(after?.addresses).toEqual(before?.addresses);
      expect(after?.networkInterfaces).toEqual(before?.networkInterfaces);
      // EC2 compares no target when it deletes a route: the keep of the next holder puts it back
      if (at !== 'deleteRoute') expect(after?.routeTables).toEqual(before?.routeTables);
    }
    expect(hungIn).toEqual(
      expect.arrayContaining(['deleteRoute', 'disassociateAddress', 'unassignPrivateIpAddresses']),
    );
  });
});
