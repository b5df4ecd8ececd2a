// The ACK of a 2xx, which is the application's and is repeated by the engine (RFC 3261 13.2.2.4).
import { afterEach, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { placeCall, sdp } from '../testing/raw-call.ts';
import type { SipPeer } from '../testing/sip-peer.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

const credentials = (user: string): string =>
  `Digest username="${user}", realm="r", nonce="n", uri="sip:b@10.0.0.2", response="0"`;

/** Sequence numbers of the ACKs that came, counted from the first INVITE. */
function acks(peer: SipPeer): number[] {
  const requests = peer.got.filter(({ message }) => message.kind === 'request');
  const first = requests[0]?.essentials.cseq.sequence ?? 0;
  return requests
    .filter(({ essentials }) => essentials.cseq.method === 'ACK')
    .map(({ essentials }) => essentials.cseq.sequence - first);
}

it('has the credentials of its INVITE, unless the application writes its own', async () => {
  const written = `Proxy-Authorization: ${credentials('a')}`;
  const { bench, peer, respond, ask } = await placeCall([written]);
  opened.push(bench);
  const told = (): string | undefined => {
    const { message } = peer.request('ACK');
    return headerValue(message, 'proxy-authorization') ?? headerValue(message, 'authorization');
  };
  await respond(200, { body: sdp });
  await ask('ACK');
  expect(told()).toBe(credentials('a'));
  await ask('INVITE', sdp, [`Authorization: ${credentials('b')}`]);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  await ask('ACK');
  expect(told()).toBe(credentials('b'));
  await ask('INVITE', sdp, [`Authorization: ${credentials('c')}`]);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  await ask('ACK', '', [`Authorization: ${credentials('d')}`]);
  expect(told()).toBe(credentials('d'));
  expect(
    peer.request('ACK').message.headers.filter(({ key }) => key === 'authorization'),
  ).toHaveLength(1);
  await ask('INVITE', sdp);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  await ask('ACK');
  expect(told()).toBeUndefined();
});

it('of a fork that nobody wants has them, too', async () => {
  const { bench, peer, respond, ask } = await placeCall([`Authorization: ${credentials('a')}`]);
  opened.push(bench);
  await respond(200, { tag: 'A', body: sdp });
  await ask('ACK');
  await respond(200, { tag: 'B', body: sdp });
  const { message, essentials } = peer.request('ACK');
  expect(essentials.toTag).toBe('B');
  expect(headerValue(message, 'authorization')).toBe(credentials('a'));
});

it('is repeated for a 2xx of its own INVITE, and not for that of the next one', async () => {
  const { bench, peer, respond, ask } = await placeCall();
  opened.push(bench);
  await respond(200, { body: sdp });
  await ask('ACK');
  await respond(200, { body: sdp });
  expect(acks(peer)).toEqual([0, 0]);
  await ask('INVITE', sdp);
  const { message } = peer.request('INVITE');
  for (let times = 0; times < 2; times += 1) peer.respond(message, 200, { body: sdp });
  await bench.run(10);
  expect(acks(peer)).toEqual([0, 0]);
  await ask('ACK');
  peer.respond(message, 200, { body: sdp });
  await bench.run(10);
  expect(acks(peer)).toEqual([0, 0, 1, 1]);
});
