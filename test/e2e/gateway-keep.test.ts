// truetuple-gateway while somebody takes its identity apart: what is nobody's is put back, what is another's is given up.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublicIdentity } from '@truetuple/core';
import { boxAddresses } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { startGatewayBin, type GatewayBin } from './gateway-bin-process.ts';
import { connect, hangUp } from './host-call.ts';
import { openIdentityWorld, ownInEc2, ownInKernel, type IdentityWorld } from './identity-world.ts';
import { openSipHost, sipPort } from './sip-host.ts';

const patienceMs = 10_000;
const keepIntervalMs = 500;

describe.skipIf(boxIsMissing)('truetuple-gateway keeps its identity', () => {
  let world: IdentityWorld;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'truetuple-gateway-keep-'));
    world = await openIdentityWorld();
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<GatewayBin & { readonly identity: PublicIdentity }> {
    const timing = { t1Ms: 100, t2Ms: 400, t4Ms: 500, timerDMs: 500 };
    const bin = await startGatewayBin({
      namespace: world.box.pod('pod').namespace,
      environment: world.environment,
      file: join(folder, 'gateway.yaml'),
      config: {
        identity: { kind: 'ensure', spec: world.spec('pod'), keepIntervalMs },
        signalling: { kind: 'embedded', timing },
        media: { kind: 'embedded', quarantineMs: 200 },
        routes: [{ match: { user: 'office' }, to: `sip:b@${boxAddresses.client}:${sipPort}` }],
      },
    });
    const { identity } = await bin.logged('the identity is held');
    await bin.logged('ready');
    return Object.assign(bin, { identity: identity as PublicIdentity });
  }

  it('puts back what was taken off the link or out of EC2, and the call goes on', async () => {
    await using bin = await start();
    const { publicIp, privateIp, associationId, routeTableIds } = bin.identity;
    await using peer = await openSipHost(world.box, 'peer', publicIp);
    await using client = await openSipHost(world.box, 'client', publicIp);
    const call = await connect(peer, client, { user: 'office', host: publicIp });

    const { netlink } = world.box.pod('pod');
    await netlink.rules.remove({ priority: 100, from: `${privateIp}/32`, table: 200 });
    await vi.waitFor(() => expect(putBack(bin)).toContain('add-rule'), patienceMs);
    for (const routeTableId of routeTableIds) {
      await world.ec2.deleteRoute({ routeTableId, destinationCidrBlock: `${publicIp}/32` });
    }
    await vi.waitFor(() => expect(putBack(bin)).toContain('create-route'), patienceMs);
    expect((await bin.get('/metrics')).body).toContain('generation="1"} 1\n');

    await world.ec2.disassociateAddress({ associationId });
    const { identity } = await bin.logged('the identity is proven again');
    expect((identity as PublicIdentity).associationId).not.toBe(associationId);
    expect(await bin.get('/readyz')).toEqual({ status: 200, body: 'ready\n' });
    const { body } = await bin.get('/metrics');
    expect(body).toContain('generation="2"} 1\n');
    expect(body).toMatch(/identity_keep_events_total\{kind="repaired"\} [3-9]\n/);

    await peer.rtp.send(call.toldA, 'still there');
    await client.rtp.waitForCount(1, patienceMs);
    await hangUp(peer, client, call);
    bin.kill('SIGTERM');
    expect(await bin.exited).toEqual({ code: 0, signal: null });
    expect(ownInEc2(world)).toEqual([]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
  });

  it('is not ready while the link is down, and is again when it is up', async () => {
    await using bin = await start();
    const { netlink } = world.box.pod('pod');
    await netlink.links.set({ name: 'net1' }, { up: false });
    await bin.logged('the identity is not proven; not ready until it is');
    const unready = await bin.get('/readyz');
    expect(unready.status).toBe(503);
    expect(unready.body).toContain('the identity is not proven: ');
    await netlink.links.set({ name: 'net1' }, { up: true });
    await bin.logged('the identity is proven again');
    expect(await bin.get('/readyz')).toEqual({ status: 200, body: 'ready\n' });
    bin.kill('SIGTERM');
    expect(await bin.exited).toEqual({ code: 0, signal: null });
    expect(ownInEc2(world)).toEqual([]);
  });

  it('ends its calls, and itself with 6, once another has its address; that one keeps it', async () => {
    await using bin = await start();
    const { publicIp, associationId, allocationId, networkInterfaceId } = bin.identity;
    await using peer = await openSipHost(world.box, 'peer', publicIp);
    await using client = await openSipHost(world.box, 'client', publicIp);
    await connect(peer, client, { user: 'office', host: publicIp });

    const privateIpAddress = '10.0.2.200';
    const place = { networkInterfaceId, privateIpAddresses: [privateIpAddress] };
    await world.ec2.assignPrivateIpAddresses(place);
    await world.ec2.disassociateAddress({ associationId });
    const taken = { allocationId, networkInterfaceId, privateIpAddress };
    const { associationId: theirs } = await world.ec2.associateAddress(taken);

    const { reason } = await bin.logged('ending');
    expect(reason).toMatchObject({ kind: 'identity-lost' });
    expect((reason as { readonly because: string }).because).toContain(`association ${theirs}`);
    const ended = await bin.logged('call-ended');
    expect(ended['cause']).toBe('shutdown');
    expect(await bin.exited).toEqual({ code: 6, signal: null });
    // nothing of ours is left, and nothing of theirs was touched
    const address = world.ec2.snapshot().addresses.find((one) => one.publicIp === publicIp);
    expect(address?.associationId).toBe(theirs);
    expect(address?.tags.map(({ key }) => key)).not.toContain('truetuple/owner');
    // a VPC route is deleted only by who holds the association: it is theirs now
    expect(ownInEc2(world)).toEqual([`association ${publicIp}`, `route ${publicIp}/32`]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
    await world.ec2.disassociateAddress({ associationId: theirs });
  });
});

/** The kinds of all steps that put something back so far. */
function putBack({ log }: GatewayBin): readonly string[] {
  return log.flatMap(({ steps }) =>
    ((steps ?? []) as readonly { readonly kind: string }[]).map(({ kind }) => kind),
  );
}
