// One call between two hosts of the box that we write ourselves, and what must hold of it on both links.
import { privateAddressesIncoming, udpDatagrams } from '@truetuple/lab';
import { randomUUID } from 'node:crypto';
import { advertisedTuples, type SipRequest } from '@truetuple/sip-engine';
import type { Got } from '@truetuple/sip-engine/testing';
import { expect } from 'vitest';
import { expectLadderAgrees } from './kamailio-expectations.ts';
import { withLadder } from './kamailio-ladder.ts';
import { mediaTold, patienceMs, datagramOf, sipOn } from './link-wire.ts';
import { rtpPort, sipPort, type SipHost } from './sip-host.ts';

/** A host that takes part, and the address of ours that it is to be told and to see. */
export interface Party {
  readonly host: SipHost;
  readonly sees: string;
}

export interface CallPlan {
  readonly a: Party;
  readonly b: Party;
  /** The user part that leads to B. */
  readonly user: string;
  readonly hangsUp: 'a' | 'b';
}

const packetsEachWay = 5;

/** Sets a call up, lets both speak, ends it, and checks it against what both links carried. */
export async function expectTrueCall({ a, b, user, hangsUp }: CallPlan): Promise<void> {
  const callId = randomUUID();
  const requestUri = `sip:${user}@${a.sees}`;
  a.host.sip.send({ method: 'INVITE', callId, requestUri, body: a.host.sdp });
  const invite = await b.host.until('INVITE');
  b.host.sip.respond(requestOf(invite), 180);
  await a.host.until('180 INVITE');
  b.host.sip.respond(requestOf(invite), 200, { body: b.host.sdp });
  const ok = await a.host.until('200 INVITE');
  const toTag = ok.essentials.toTag ?? '';
  const ours = `sip:${a.sees}:${sipPort}`;
  a.host.sip.send({ method: 'ACK', callId, toTag, requestUri: ours });
  await b.host.until('ACK');
  await speak(a.host, b.host);
  if (hangsUp === 'a') {
    a.host.sip.send({ method: 'BYE', callId, toTag, sequence: 2, requestUri: ours });
    await endAt(b.host, a.host);
  } else {
    const { callId: callIdOfB, fromTag } = invite.essentials;
    const dialog = { callId: callIdOfB, fromTag: 'callee', toTag: fromTag };
    b.host.sip.send({ method: 'BYE', ...dialog, requestUri: `sip:${b.sees}:${sipPort}` });
    await endAt(a.host, b.host);
  }
  await withLadder([a.host.link, b.host.link], () => {
    for (const party of [a, b]) {
      expectTrueTuple(party);
      expectLadderAgrees(party.host.link, party.sees);
    }
  });
}

async function speak(a: SipHost, b: SipHost): Promise<void> {
  const [toldA = '', toldB = ''] = [toldTo(a), toldTo(b)];
  for (let count = 1; count <= packetsEachWay; count += 1) {
    await a.rtp.send(toldA, `${count} from A`);
    await b.rtp.waitForCount(count, patienceMs);
    await b.rtp.send(toldB, `${count} from B`);
    await a.rtp.waitForCount(count, patienceMs);
  }
}

async function endAt(ends: SipHost, asked: SipHost): Promise<void> {
  ends.sip.respond(requestOf(await ends.until('BYE')), 200);
  await asked.until('200 BYE');
}

/** Where a host was told to send its media. */
function toldTo({ link }: SipHost): string | undefined {
  return mediaTold(sipOn(link).filter(({ direction }) => direction === 'incoming')).at(-1);
}

/** SIP and RTP reached this host from what it was told, and it was told no other address of ours. */
function expectTrueTuple({ host, sees }: Party): void {
  const incoming = host.link.packets.flatMap((packet) => {
    const datagram = datagramOf(packet);
    return datagram?.to.startsWith(`${host.address}:`) === true ? [datagram] : [];
  });
  const to = (port: number): ReadonlySet<string> =>
    new Set(incoming.filter((each) => each.to.endsWith(`:${port}`)).map(({ from }) => from));
  expect(toldTo(host)).toMatch(new RegExp(`^${sees.replaceAll('.', '\\.')}:\\d+$`));
  expect(to(sipPort)).toEqual(new Set([`${sees}:${sipPort}`]));
  expect(to(rtpPort)).toEqual(new Set([toldTo(host)]));
  expect(host.rtp.received).toHaveLength(packetsEachWay);
  for (const { message, direction } of sipOn(host.link)) {
    if (direction !== 'incoming') continue;
    const told = advertisedTuples(message).filter(({ kind }) => kind !== 'call-id');
    // what is the host's own is repeated to it
    for (const each of told) expect([sees, host.address]).toContain(each.host);
  }
  if (host.address.startsWith('198.51.100.'))
    expect(privateAddressesIncoming(udpDatagrams(host.link.packets))).toEqual([]);
}

function requestOf({ message }: Got): SipRequest {
  if (message.kind === 'request') return message;
  throw new Error('a request was awaited, and a response came');
}
