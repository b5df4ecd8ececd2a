import { once } from 'node:events';
import { applicationSocket, type HeldIdentity, type KeepEvent } from '@truetuple/core';
import { boxAddresses, udpIn } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { boxIsMissing } from './box-is-missing.ts';
import { programsMissing } from './programs-missing.ts';
import { internetServers, openWireWorld, type WireWorld } from './wire-proof-world.ts';

const { podNet1, poolFirst } = boxAddresses;
const reservedPort = 5999;
/** EC2 is looked at when the wire has it looked at, and not before. */
const cloudEveryMs = 600_000;

let world: WireWorld;

/** Another Elastic IP on the identity's private IP, which nobody of the pod has asked for. */
async function putAnotherAddress({ identity }: HeldIdentity): Promise<{ associationId: string }> {
  const { associationId, networkInterfaceId } = identity;
  const { allocationId } = world.ec2.allocateAddress({ publicIp: '203.0.113.99' });
  await world.ec2.disassociateAddress({ associationId });
  return world.ec2.associateAddress({
    allocationId,
    networkInterfaceId,
    privateIpAddress: podNet1,
  });
}

describe.skipIf(boxIsMissing || programsMissing('turnserver', 'nft'))(
  'a keep that asks coturn',
  () => {
    beforeAll(async () => {
      world = await openWireWorld();
    });
    afterAll(() => world[Symbol.asyncDispose]());

    it('withdraws what coturn sees from elsewhere, looks at EC2 at once, and publishes it when coturn sees it again', async () => {
      await using held = await world.ensure();
      const app = await udpIn(world.box.namespaces.pod, podNet1, 5060);
      const events: KeepEvent[] = [];
      const told = (kind: KeepEvent['kind']): Promise<KeepEvent | undefined> =>
        vi.waitFor(
          () => {
            const event = events.find((each) => each.kind === kind);
            expect(event, JSON.stringify(events)).toBeDefined();
            return event;
          },
          { timeout: 15_000, interval: 20 },
        );
      await using keeping = await held.keep({
        intervalMs: cloudEveryMs,
        random: () => 0.5,
        onEvent: (event) => void events.push(event),
        wire: {
          stunServers: internetServers,
          applicationSockets: [applicationSocket(app)],
          reservedPort,
          timeoutMs: 1500,
          intervalMs: 200,
        },
      });
      const { allocationId, networkInterfaceId } = held.identity;
      const wrong = await putAnotherAddress(held);
      const degraded = await told('degraded');
      expect(degraded).toMatchObject({ error: { code: 'OutboundNotProven' } });
      expect(degraded).toMatchObject({
        error: {
          message: expect.stringContaining(`203.0.113.99:5060 where ${poolFirst}:5060`) as string,
        },
      });
      // so soon after a claim EC2's answer is a doubt, no proof of a loss: nothing is fenced
      expect(await told('unsure')).toMatchObject({ error: { code: 'ClaimInDoubt' } });
      await world.ec2.disassociateAddress(wrong);
      await world.ec2.associateAddress({
        allocationId,
        networkInterfaceId,
        privateIpAddress: podNet1,
      });
      expect(await told('restored')).toMatchObject({ identity: { publicIp: poolFirst } });
      expect(keeping.identity.generation).toBe(held.identity.generation);
      expect(events.map(({ kind }) => kind)).not.toContain('wire-silent');
      await keeping.close();
      app.close();
      await once(app, 'close');
    });
  },
);
