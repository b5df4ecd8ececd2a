// truetuple-gateway as a process: it takes its identity from EC2, takes calls on it, and gives it back as its last act.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reapOrphans, type LivePods, type PublicIdentity } from '@truetuple/core';
import { boxAddresses, udpDatagrams, type UdpDatagram } from '@truetuple/lab';
import { readCalls } from '@truetuple/sip-gateway/ladder';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { runGatewayBin, startGatewayBin, type GatewayBin } from './gateway-bin-process.ts';
import { connect, hangUp, takeBye } from './host-call.ts';
import { openIdentityWorld, ownInEc2, ownInKernel, type IdentityWorld } from './identity-world.ts';
import { rtpengineBeside, rtpengineMedia } from './rtpengine-beside-gateway.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { openSipHost, sipPort, type SipHost } from './sip-host.ts';

const patienceMs = 10_000;
let world: IdentityWorld;
let folder: string;

const calls = {
  signalling: { kind: 'embedded', timing: { t1Ms: 100, t2Ms: 400, t4Ms: 500, timerDMs: 500 } },
  media: { kind: 'embedded', quarantineMs: 200 },
  routes: [
    {
      match: { user: 'office', from: 'internet' },
      to: `sip:{user}@${boxAddresses.client}:${sipPort}`,
    },
  ],
};

function start(
  identity: object,
  environment: NodeJS.ProcessEnv = {},
  media: object = calls.media,
): Promise<GatewayBin> {
  return startGatewayBin({
    namespace: world.box.pod('pod').namespace,
    environment: { ...world.environment, ...environment },
    file: join(folder, 'gateway.yaml'),
    config: { identity, ...calls, media },
  });
}

/** Loaded before the program: SIGUSR2 ends its worker threads, as a crash would. */
const mortalWorkers = `data:text/javascript,${encodeURIComponent(`
  import threads from 'node:worker_threads';
  import { syncBuiltinESMExports } from 'node:module';
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      process.once('SIGUSR2', () => void this.terminate());
    }
  };
  syncBuiltinESMExports();
`)}`;

/** Loaded before the program: SIGTERM comes while that is still being loaded. */
const endedWhileLoading = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      if (url.endsWith('/core/src/index.ts')) process.kill(process.pid, 'SIGTERM');
      return next(url, context);
    },
  });
`)}`;

function ensured(): Promise<GatewayBin> {
  return start({ kind: 'ensure', spec: world.spec('pod') });
}

async function heldBy(bin: GatewayBin): Promise<PublicIdentity> {
  const { identity } = await bin.logged('the identity is held');
  await bin.logged('ready');
  return identity as PublicIdentity;
}

/** SIP on the links of these hosts. */
function signallingOn(...hosts: readonly SipHost[]): readonly UdpDatagram[] {
  return hosts
    .flatMap(({ link }) => udpDatagrams(link.packets))
    .filter(({ source, destination }) => source.port === sipPort || destination.port === sipPort);
}

/** Every write that changed EC2, from now on. */
function writesToEc2(): { readonly kind: string; readonly atMs: number }[] {
  const writes: { readonly kind: string; readonly atMs: number }[] = [];
  world.ec2.onChange(({ kind }) => {
    writes.push({ kind, atMs: performance.timeOrigin + performance.now() });
  });
  return writes;
}

function everybodyButThePod(): { livePods(): Promise<LivePods> } {
  return { livePods: async () => ({ complete: true, pods: [] }) };
}

describe('truetuple-gateway check-config', () => {
  const example = fileURLToPath(
    new URL('../../packages/sip-gateway/example.yaml', import.meta.url),
  );

  it('takes the example, with all that is optional', async () => {
    const file = join(tmpdir(), `truetuple-example-${process.pid}.yaml`);
    await writeFile(file, (await readFile(example, 'utf8')).replaceAll(/^( *)#: /gm, '$1'));
    expect(await runGatewayBin('check-config', file)).toMatchObject({
      code: 0,
      stdout: `${file}: fine\n`,
    });
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('region: eu-central-1', 'region: Frankfurt'),
    );
    const { code, stderr } = await runGatewayBin('check-config', file);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:10: identity.spec is refused`);
    expect(stderr).toContain('region: is not an AWS region');
    await rm(file);
  });
});

describe.skipIf(boxIsMissing)('truetuple-gateway in a pod', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'truetuple-gateway-bin-'));
    world = await openIdentityWorld();
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('takes its identity, is ready, takes a call; SIGTERM: the call goes on, and EC2 is told last', async () => {
    await using bin = await ensured();
    const { publicIp } = await heldBy(bin);
    expect(await bin.get('/readyz')).toEqual({ status: 200, body: 'ready\n' });
    await using peer = await openSipHost(world.box, 'peer', publicIp);
    await using client = await openSipHost(world.box, 'client', publicIp);
    const call = await connect(peer, client, { user: 'office', host: publicIp });
    await peer.rtp.send(call.toldA, 'before');
    await client.rtp.waitForCount(1, patienceMs);
    const { body } = await bin.get('/metrics');
    expect(body).toContain(`truetuple_gateway_identity_info{public_ip="${publicIp}"`);
    expect(body).toContain('truetuple_gateway_calls 1\n');
    expect(body).toContain('truetuple_gateway_media_port_pairs{state="inUse"} 2\n');
    expect(body).toContain('truetuple_gateway_sip_guard_refusals_total 0\n');
    expect(body).toMatch(/calls_started_total\{caller="internet",callee="vpc"\} 1\n/);

    const writes = writesToEc2();
    bin.kill('SIGTERM');
    await bin.logged('ending');
    expect(await bin.get('/readyz')).toEqual({ status: 503, body: 'draining\n' });
    expect((await bin.get('/livez')).status).toBe(200);
    peer.sip.send({ method: 'INVITE', callId: 'late', body: peer.sdp });
    await peer.until('503 INVITE');
    await peer.rtp.send(call.toldA, 'still there');
    await client.rtp.waitForCount(2, patienceMs);
    expect(writes).toEqual([]);
    await hangUp(peer, client, call);
    expect(await bin.exited).toEqual({ code: 0, signal: null });

    const kinds = writes.map(({ kind }) => kind);
    const at = ['route-deleted', 'address-disassociated', 'private-ip-unassigned'].map((kind) =>
      kinds.indexOf(kind),
    );
    expect(at).not.toContain(-1);
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    const sip = signallingOn(peer, client);
    expect(Math.max(...sip.map(({ atMs }) => atMs))).toBeLessThan(writes[0]?.atMs ?? 0);
    expect(ownInEc2(world)).toEqual([]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
    const told = readCalls(sip)
      .flatMap(({ rows }) => rows.flatMap((row) => (row.kind === 'message' ? row.told : [])))
      .filter(({ where }) => where === 'Via' || where === 'Contact');
    expect(told.length).toBeGreaterThan(6);
    expect(told.filter(({ verdict }) => verdict !== 'same')).toEqual([]);
  });

  it('SIGTERM twice: the call is ended with BYE on both legs, and nothing is left', async () => {
    await using bin = await ensured();
    const { publicIp } = await heldBy(bin);
    await using peer = await openSipHost(world.box, 'peer', publicIp);
    await using client = await openSipHost(world.box, 'client', publicIp);
    await connect(peer, client, { user: 'office', host: publicIp });
    bin.kill('SIGTERM');
    await bin.logged('ending');
    bin.kill('SIGTERM');
    for (const host of [peer, client]) await takeBye(host);
    expect(await bin.exited).toEqual({ code: 0, signal: null });
    expect(ownInEc2(world)).toEqual([]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
  });

  it('SIGTERM while it takes its identity: what it has taken is given back', async () => {
    await using bin = await ensured();
    const seen: string[] = [];
    const stop = world.ec2.onChange(({ kind }) => {
      seen.push(kind);
      if (kind === 'address-associated') bin.kill('SIGTERM');
    });
    expect(await bin.exited).toEqual({ code: 0, signal: null });
    stop();
    expect(seen).toContain('address-associated');
    expect(bin.log.map(({ msg }) => msg)).toEqual(['asked to end before the identity was held']);
    expect(ownInEc2(world)).toEqual([]);
    // the routes of the link's table stay, which carry nothing without an address
    expect((await ownInKernel(world, 'pod')).filter((line) => !line.startsWith('route'))).toEqual(
      [],
    );
  });

  it('SIGTERM while it is being loaded: it takes nothing', async () => {
    const options = { NODE_OPTIONS: `--import=${endedWhileLoading}` };
    await using bin = await start({ kind: 'ensure', spec: world.spec('pod') }, options);
    expect(await bin.exited).toEqual({ code: 0, signal: null });
    expect(bin.log.map(({ msg }) => msg)).toEqual(['asked to end before the identity was held']);
    expect(ownInEc2(world)).toEqual([]);
  });

  it('SIGHUP, as of a terminal that is closed: what it has taken is given back', async () => {
    await using bin = await ensured();
    await heldBy(bin);
    bin.kill('SIGHUP');
    expect(await bin.exited).toEqual({ code: 0, signal: null });
    expect(ownInEc2(world)).toEqual([]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
  });

  it('the relay crashes in a call: both legs are ended, and the process ends with that', async () => {
    const options = { NODE_OPTIONS: `--import=${mortalWorkers}` };
    await using bin = await start({ kind: 'ensure', spec: world.spec('pod') }, options);
    const { publicIp } = await heldBy(bin);
    await using peer = await openSipHost(world.box, 'peer', publicIp);
    await using client = await openSipHost(world.box, 'client', publicIp);
    await connect(peer, client, { user: 'office', host: publicIp });
    bin.kill('SIGUSR2');
    for (const host of [peer, client]) await takeBye(host);
    expect(await bin.exited).toEqual({ code: 5, signal: null });
    expect(ownInEc2(world)).toEqual([]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
  });

  it.skipIf(programsMissing('rtpengine'))(
    'an rtpengine that binds the address once it is taken relays the media',
    async () => {
      const media = { ...rtpengineMedia, timeoutMs: 300 };
      await using bin = await start({ kind: 'ensure', spec: world.spec('pod') }, {}, media);
      const { identity } = await bin.logged('the identity is held');
      const { publicIp, privateIp } = identity as PublicIdentity;
      await bin.logged('the gateway cannot start yet');
      expect((await bin.get('/readyz')).status).toBe(503);
      const addresses = { publicIp, privateIp };
      await using rtpengine = await rtpengineBeside(world.box, { addresses });
      await bin.logged('ready');
      await using peer = await openSipHost(world.box, 'peer', publicIp);
      await using client = await openSipHost(world.box, 'client', publicIp);
      const call = await connect(peer, client, { user: 'office', host: publicIp });
      expect(await rtpengine.calls()).toHaveLength(1);
      await hangUp(peer, client, call);
      bin.kill('SIGTERM');
      expect(await bin.exited).toEqual({ code: 0, signal: null });
      // rtpengine forgets what it was told to delete a moment later
      await vi.waitFor(async () => expect(await rtpengine.calls()).toEqual([]), patienceMs);
      expect(ownInEc2(world)).toEqual([]);
    },
  );

  it('ends by its own code when there is no address to take, and says what to do', async () => {
    await using bin = await start({
      kind: 'ensure',
      spec: { ...world.spec('pod'), pool: 'nowhere' },
    });
    const line = await bin.logged('the identity could not be taken');
    const { code, remedy } = line['err'] as { readonly code: string; readonly remedy: string };
    expect(code).toBe('PoolEmpty');
    expect(remedy).toContain('truetuple/pool');
    expect(await bin.exited).toEqual({ code: 3, signal: null });
    expect(ownInEc2(world)).toEqual([]);
  });

  it('SIGKILL in a call: reaping leaves nothing in EC2, and the next one begins anew', async () => {
    await using bin = await ensured();
    const { publicIp } = await heldBy(bin);
    await using peer = await openSipHost(world.box, 'peer', publicIp);
    await using client = await openSipHost(world.box, 'client', publicIp);
    await connect(peer, client, { user: 'office', host: publicIp });
    bin.kill('SIGKILL');
    expect((await bin.exited).signal).toBe('SIGKILL');
    expect(ownInEc2(world)).not.toEqual([]);
    const { pool, region, sdk } = world;
    await reapOrphans({ pool, region, live: everybodyButThePod(), graceMs: 0 }, { ec2: sdk });
    expect(ownInEc2(world)).toEqual([]);

    await using next = await ensured();
    await heldBy(next);
    next.kill('SIGTERM');
    expect(await next.exited).toEqual({ code: 0, signal: null });
    expect(ownInEc2(world)).toEqual([]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
  });

  it('stands on the file of a sidecar: waits for it, and ends when it is withdrawn', async () => {
    const directory = world.spec('pod').identityDirectory ?? '';
    await using bin = await start({ kind: 'file', directory, waitMs: 20_000 });
    const holder = world.start('pod', { verb: 'ensure' });
    const { identity } = await holder.settled;
    expect((await heldBy(bin)).publicIp).toBe(identity?.publicIp);
    await holder.kill();
    expect((await bin.get('/readyz')).status).toBe(200);
    await world.start('pod', { verb: 'release' }).settled;
    expect(await bin.exited).toEqual({ code: 6, signal: null });
    expect(ownInEc2(world)).toEqual([]);
  });
});
