import { describe, expect, it } from 'vitest';
import type { LivePods } from './cloud/liveness.ts';
import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { CoreError } from './errors.ts';
import { reapOrphans } from './reap-orphans.ts';
import { ManualClock } from './testing/manual-clock.ts';
import type { CloudRules } from './testing/simulated-ec2/cloud-rules.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

/** An interface with a dual-stack public hostname keeps its last Elastic IP (API reference, DisassociateAddress). */

const minute = 60_000;
const nobody: LivePods = { complete: true, pods: [] };
const codes = ['OperationNotPermitted', 'InvalidParameterValue', 'IncorrectState'] as const;

/** A pod that holds an address for five minutes already, on an interface that got such a name meanwhile. */
async function build(rules: Partial<CloudRules>) {
  const pod = simulatedPod({ clock: new ManualClock(), ec2: rules });
  const { ec2, clock, spec, node } = pod;
  const fresh = ec2.snapshot().addresses;
  const held = await clock.run(ensurePublicIdentity(spec, { node }));
  await clock.advance(5 * minute);
  const { networkInterfaceId } = held.identity;
  const name = (publicHostnameType: 'public-dual-stack-dns-name' | 'public-ipv4-dns-name') =>
    ec2.modifyNetworkInterface({ networkInterfaceId, publicHostnameType });
  name('public-dual-stack-dns-name');
  return { pod, held, fresh, name, networkInterfaceId };
}

describe.each(codes)('an interface that keeps its last Elastic IP by its name: %s', (code) => {
  it('the release says which name to take from it, and the next one gives all back', async () => {
    const { pod, held, fresh, name, networkInterfaceId } = await build({ dualStackNameCode: code });
    const { ec2, clock } = pod;
    const { tags } = ec2.snapshot().addresses[0] ?? {};
    const began = clock.elapsed();
    const refused: unknown = await clock.run(held.release().catch((error: unknown) => error));
    expect(clock.elapsed() - began).toBeLessThan(minute);
    if (!CoreError.is(refused)) throw refused;
    expect(refused).toMatchObject({ code: 'ReleaseIncomplete', retry: 'later' });
    expect(refused.message).toContain(`${held.identity.publicIp} is the last public IPv4 address`);
    expect(refused.remedy).toContain('aws ec2 modify-public-ip-dns-name-options');
    expect(refused.message).toContain(networkInterfaceId);
    // what says whose it is stays with it
    const { associationId } = held.identity;
    expect(ec2.snapshot().addresses).toMatchObject([{ associationId, tags }]);
    name('public-ipv4-dns-name');
    await clock.run(held.release());
    expect(ec2.snapshot().addresses).toEqual(fresh);
  });

  it('the reaper says so at every pass, and takes it once the name is gone', async () => {
    const { pod, fresh, name, networkInterfaceId } = await build({ dualStackNameCode: code });
    const { ec2, clock } = pod;
    let earlier: readonly OrphanSighting[] = [];
    const pass = async () => {
      const request = { pool: 'media', live: { livePods: async () => nobody }, earlier };
      const report = await clock.run(reapOrphans(request, { ec2, clock }));
      earlier = report.sightings;
      await clock.advance(5 * minute);
      return report;
    };
    await pass();
    for (const _ of [1, 2]) {
      const { failed } = await pass();
      expect(failed).toMatchObject([{ step: { kind: 'disassociate-address' } }]);
      expect(failed[0]?.error.message).toContain(networkInterfaceId);
      expect(failed[0]?.error).toMatchObject({ code: 'CloudRefused', retry: 'never' });
      expect(failed[0]?.error.remedy).toContain('modify-public-ip-dns-name-options');
    }
    name('public-ipv4-dns-name');
    expect(await pass()).toMatchObject({ failed: [] });
    expect(ec2.snapshot().addresses).toEqual(fresh);
  });
});

it('of several Elastic IPs of such an interface all but the last are given back', async () => {
  const { pod, held, fresh, networkInterfaceId } = await build({});
  const { ec2, clock } = pod;
  const { allocationId } = ec2.allocateAddress();
  await ec2.associateAddress({ allocationId, networkInterfaceId });
  await clock.run(held.release());
  expect(ec2.snapshot().addresses).toMatchObject([...fresh, { networkInterfaceId }]);
});
