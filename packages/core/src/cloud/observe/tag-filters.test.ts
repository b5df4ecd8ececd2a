// What a spec names by a tag is what carries it.
import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import { simulatedPod, type SimulatedPod } from '../../testing/simulated-pod.ts';

function vpcOf({ ec2 }: SimulatedPod): string {
  return ec2.snapshot().vpcs[0]?.vpcId ?? '';
}

describe('a tag with characters that EC2 takes for a pattern', () => {
  it.each(['*', 'a?', String.raw`a\b`])(
    '%s: the route tables that carry it, and no other',
    async (value) => {
      const pod = simulatedPod();
      const { spec, node, ec2 } = pod;
      const vpcId = vpcOf(pod);
      const { routeTableId } = ec2.createRouteTable({ vpcId, tags: { tier: value } });
      ec2.createRouteTable({ vpcId, tags: { tier: 'ab' } });
      const routeTables = { by: 'tag', key: 'tier', value } as const;
      const { identity } = await ensurePublicIdentity({ ...spec, routeTables }, { node });
      expect(identity.routeTableIds).toEqual([routeTableId]);
    },
  );

  it('the network interface that carries it, and no other', async () => {
    const { spec, node, ec2 } = simulatedPod();
    const eni = ec2
      .snapshot()
      .networkInterfaces.find(({ macAddress }) => macAddress === '02:00:00:00:02:0a');
    const instanceId = eni?.attachment?.instanceId ?? '';
    const tag = { key: 'use', value: '*' };
    await ec2.createTags({ resources: [eni?.networkInterfaceId ?? ''], tags: [tag] });
    const networkInterface = { by: 'instance', instanceId, tag } as const;
    const { identity } = await ensurePublicIdentity({ ...spec, networkInterface }, { node });
    expect(identity.networkInterfaceId).toBe(eni?.networkInterfaceId);
    await ec2.createTags({
      resources: [identity.networkInterfaceId],
      tags: [{ ...tag, value: 'sip' }],
    });
    await expect(
      ensurePublicIdentity({ ...spec, networkInterface }, { node }),
    ).rejects.toMatchObject({ code: 'NetworkInterfaceNotFound' });
  });
});
