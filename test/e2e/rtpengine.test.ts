import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { startRtpengine } from '@truetuple/lab';
import { rtpengineRelay, type MediaRelay, type RtpengineMedia } from '@truetuple/sip-gateway';
import { contractAddresses, contractPath } from '@truetuple/sip-gateway/testing';
import { mediaRelayBasics } from '../../packages/sip-gateway/src/testing/media-relay-basics.ts';
import {
  hosts,
  nextEvent,
  turn,
} from '../../packages/sip-gateway/src/testing/media-relay-contract.ts';
import { realPeer } from '../netns/media-peer.ts';
import { freePort } from './free-port.ts';
import { programsMissing } from '../netns/programs-missing.ts';

const { privateIp, publicIp } = contractAddresses;

interface Rtpengine extends AsyncDisposable {
  readonly control: { readonly host: string; readonly port: number };
  readonly relay: MediaRelay;
}

interface Setup {
  readonly bound: readonly string[];
  readonly interfaces?: RtpengineMedia['interfaces'];
}

/** Sockets on the private address, and SDP that says another. */
const translated = (advertised: string = publicIp): Setup => ({
  bound: [`pub/${privateIp}!${advertised}`],
});
/** As beside a gateway. */
const ofEachClass: Setup = {
  bound: [`out/${privateIp}!${publicIp}`, `pub/${publicIp}`, `pri/${privateIp}`],
  interfaces: { internet: 'out', vpc: 'pub', 'other-private': 'pri' },
};

/** Debian's rtpengine. */
async function rtpengine({ bound, interfaces }: Setup = translated()): Promise<Rtpengine> {
  await using opened = new AsyncDisposableStack();
  const control = { host: '127.0.0.1', port: await freePort() };
  opened.use(
    await startRtpengine({
      interfaces: bound,
      controlPort: control.port,
      ports: { first: 27_000, last: interfaces === undefined ? 27_003 : 27_039 },
    }),
  );
  const parts = { pathTo: contractPath, control };
  const relay = opened.adopt(
    rtpengineRelay(interfaces === undefined ? parts : { ...parts, interfaces }, {
      timeoutMs: 500,
      pollMs: 100,
    }),
    async (each) => each.close().catch(() => undefined),
  );
  const resources = opened.move();
  return { control, relay, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

describe.skipIf(programsMissing('rtpengine'))('rtpengine as the media relay', () => {
  it('relays both ways and counts it, at the address that it was told to tell', async () => {
    await using engine = await rtpengine();
    await using a = await realPeer(hosts.internet);
    await using b = await realPeer(hosts.internetToo);
    const signalling = { a: hosts.internet, b: hosts.internetToo };
    const [toldB] = await engine.relay.offer(turn({ from: 'a', media: [a], signalling }));
    const [toldA] = await engine.relay.answer(turn({ from: 'b', media: [b], signalling }));
    expect([toldA?.address, toldB?.address]).toEqual(['127.0.0.20', '127.0.0.20']);
    await a.send('from a, not quite RTP', { address: privateIp, port: toldA?.port ?? 0 });
    expect((await b.next()).from).toEqual({ address: privateIp, port: toldB?.port });
    await b.send('from b, not quite RTP', { address: privateIp, port: toldB?.port ?? 0 });
    expect((await a.next()).from).toEqual({ address: privateIp, port: toldA?.port });
    const media = await engine.relay.statistics('call-1');
    expect([media?.a.packets, media?.b.packets]).toEqual([1, 1]);
    await engine.relay.release('call-1');
    expect(await engine.relay.statistics('call-1')).toBeUndefined();
    await engine.relay.release('call-1');
  });

  it('told the same again, as when a reply was late or lost, it answers the same, and media passes', async () => {
    await using engine = await rtpengine();
    await using a = await realPeer(hosts.internet);
    await using b = await realPeer(hosts.internetToo);
    const signalling = { a: hosts.internet, b: hosts.internetToo };
    const offer = turn({ from: 'a', media: [a], signalling });
    const answer = turn({ from: 'b', media: [b], signalling });
    const toldB = await engine.relay.offer(offer);
    expect(await engine.relay.offer(offer)).toEqual(toldB);
    const toldA = await engine.relay.answer(answer);
    expect(await engine.relay.answer(answer)).toEqual(toldA);
    await a.send('from a', { address: privateIp, port: toldA[0]?.port ?? 0 });
    expect((await b.next()).from).toEqual({ address: privateIp, port: toldB[0]?.port });
    await b.send('from b', { address: privateIp, port: toldB[0]?.port ?? 0 });
    expect((await a.next()).from).toEqual({ address: privateIp, port: toldA[0]?.port });
  });

  // a callee that is `active` begins at its 200, before rtpengine is told the answer
  it('a DTLS handshake that begins before the answer is the other peer to take, not rtpengine', async () => {
    await using engine = await rtpengine();
    await using a = await realPeer(hosts.internet);
    await using b = await realPeer(hosts.internetToo);
    const signalling = { a: hosts.internet, b: hosts.internetToo };
    const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}`;
    const secured = (setup: string) =>
      ({
        protocol: 'UDP/TLS/RTP/SAVP',
        more: [fingerprint, `a=setup:${setup}`],
        signalling,
      }) as const;
    const [toldB] = await engine.relay.offer(
      turn({ from: 'a', media: [a], ...secured('actpass') }),
    );
    const hello = async (text: string): Promise<void> => {
      await b.send(text, { address: privateIp, port: toldB?.port ?? 0 });
      expect((await a.next()).text).toBe(text);
    };
    await hello('\u0016 before the answer');
    await engine.relay.answer(turn({ from: 'b', media: [b], ...secured('active') }));
    await hello('\u0016 after it');
  });

  it.each(mediaRelayBasics)('$title', async ({ run }) => {
    await using engine = await rtpengine(ofEachClass);
    await using peers = new AsyncDisposableStack();
    await run({
      relay: engine.relay,
      openPeer: async (address) => peers.use(await realPeer(address)),
    });
  });

  it('a daemon that ends as it starts is told at once, with what it said', async () => {
    const starting = startRtpengine({
      interfaces: ['pub/no-address'],
      controlPort: await freePort(),
      ports: { first: 27_000, last: 27_003 },
    });
    await expect(starting).rejects.toMatchObject({
      code: 'CommandFailed',
      message: expect.stringMatching(
        /^starting rtpengine: it ended; it wrote: .*interface/s,
      ) as unknown,
    });
  });

  it('a range of ports that is used up is a refusal', async () => {
    await using engine = await rtpengine();
    const media = [{ address: hosts.internet, port: 4000 }];
    await engine.relay.offer(turn({ from: 'a', media, callId: 'one' }));
    await expect(
      engine.relay.offer(turn({ from: 'a', media, callId: 'two' })),
    ).rejects.toMatchObject({ code: 'MediaRelayRefused', retry: 'later' });
  });

  it('an rtpengine that tells another address is not believed', async () => {
    await using engine = await rtpengine(translated('192.0.2.77'));
    const media = [{ address: hosts.internet, port: 4000 }];
    await expect(engine.relay.offer(turn({ from: 'a', media }))).rejects.toMatchObject({
      code: 'MediaRelayRefused',
      message: expect.stringContaining('it tells 192.0.2.77') as unknown,
    });
  });

  it('a call that rtpengine dropped by itself is said to have timed out', async () => {
    await using engine = await rtpengine();
    const media = [{ address: hosts.internet, port: 4000 }];
    await engine.relay.offer(turn({ from: 'a', media }));
    const dropped = nextEvent(engine.relay, 'media-timed-out');
    const other = rtpengineRelay({ pathTo: contractPath, control: engine.control });
    await other.release('call-1');
    expect(await dropped).toEqual({ kind: 'media-timed-out', callId: 'call-1' });
    await other.close();
  });
});

/** Answers with a session description that has a key of SRTP in it, when `answering` sends; requests are counted from 0, and come from the port of who asks. */
async function standIn(
  answering: (send: () => void, request: number, asker: number) => void,
): Promise<AsyncDisposable & { readonly control: RtpengineMedia['control'] }> {
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.20', 's=-', 't=0 0', 'c=IN IP4 127.0.0.20'];
  const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0';
  const sdp = [...lines, 'm=audio 30000 RTP/SAVP 0', crypto].join('\r\n');
  const socket = createSocket('udp4').bind({ address: '127.0.0.1', port: 0 });
  await once(socket, 'listening');
  let requests = 0;
  socket.on('message', (bytes, { port, address }) => {
    const [cookie = ''] = bytes.toString().split(' ');
    const reply = `${cookie} d6:result2:ok3:sdp${sdp.length}:${sdp}e`;
    answering(() => socket.send(reply, port, address), requests++, port);
  });
  return {
    control: { host: '127.0.0.1', port: socket.address().port },
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

it('a request that is lost is sent again, and costs no call', async () => {
  await using daemon = await standIn((send, request) => {
    if (request > 0) send();
  });
  const { control } = daemon;
  const relay = rtpengineRelay({ pathTo: contractPath, control }, { timeoutMs: 500 });
  const media = [{ address: hosts.internet, port: 4000 }];
  expect(await relay.offer(turn({ from: 'a', media }))).toEqual([
    { address: publicIp, port: 30_000 },
  ]);
  await relay.close();
});

it('what comes after the time-out is told to nobody, keys least of all', async () => {
  const said = vi.spyOn(console, 'log');
  const late: (() => void)[] = [];
  let isSilent = true;
  await using daemon = await standIn((send) => {
    if (isSilent) late.push(send);
    else send();
  });
  const { control } = daemon;
  const relay = rtpengineRelay({ pathTo: contractPath, control }, { timeoutMs: 100 });
  const offer = turn({ from: 'a', media: [{ address: hosts.internet, port: 4000 }] });
  await expect(relay.offer(offer)).rejects.toMatchObject({ code: 'MediaRelayUnreachable' });
  isSilent = false;
  expect(late).toHaveLength(2);
  for (const send of late) send();
  // its answer comes after theirs
  await relay.offer(offer);
  expect(said).not.toHaveBeenCalled();
  said.mockRestore();
  await relay.close();
});

it('what comes twice, or from a stranger, is told to nobody either', async () => {
  const said = vi.spyOn(console, 'log');
  const stranger = createSocket('udp4');
  await using daemon = await standIn((send, _request, asker) => {
    stranger.send('no reply at all', asker, '127.0.0.1');
    stranger.send(`${randomUUID()} d4:line6:forgede`, asker, '127.0.0.1', () => {
      send();
      send();
    });
  });
  const { control } = daemon;
  const relay = rtpengineRelay({ pathTo: contractPath, control }, { timeoutMs: 500 });
  const offer = turn({ from: 'a', media: [{ address: hosts.internet, port: 4000 }] });
  const told = [{ address: publicIp, port: 30_000 }];
  expect(await relay.offer(offer)).toEqual(told);
  // its answer comes after the second one of the first
  expect(await relay.offer(offer)).toEqual(told);
  await relay.close();
  expect(said).not.toHaveBeenCalled();
  said.mockRestore();
  stranger.close();
});

it('an rtpengine that is not there is a refusal within the time-out', async () => {
  const control = { host: '127.0.0.1', port: await freePort() };
  const relay = rtpengineRelay({ pathTo: contractPath, control }, { timeoutMs: 100 });
  const media = [{ address: hosts.internet, port: 4000 }];
  const gone = { code: 'MediaRelayUnreachable', retry: 'later' };
  await expect(relay.offer(turn({ from: 'a', media }))).rejects.toMatchObject(gone);
  await expect(relay.close()).rejects.toMatchObject(gone);
});
