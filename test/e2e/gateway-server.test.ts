import { randomUUID } from 'node:crypto';
import { systemClock } from '@truetuple/sip-engine';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../../packages/sip-gateway/src/address.ts';
import type { GatewayAlarm, GatewayEvent } from '../../packages/sip-gateway/src/gateway-event.ts';
import type {
  DrachtioServerSignalling,
  GatewayOptions,
} from '../../packages/sip-gateway/src/gateway-options.ts';
import { startGateway, type Gateway } from '../../packages/sip-gateway/src/gateway.ts';
import type { FakeMediaRelay } from '../../packages/sip-gateway/src/testing/fake-media-relay.ts';
import {
  networks,
  privateIp,
  publicIp,
  relayOn,
} from '../../packages/sip-gateway/src/testing/gateway-bench.ts';
import { MemoryNetwork } from '../../packages/sip-gateway/src/testing/memory-network.ts';
import { Occasions } from '../../packages/sip-gateway/src/testing/occasions.ts';
import {
  StandInServer,
  type AppFrame,
} from '../../packages/sip-gateway/src/testing/stand-in-server.ts';

const secret = 'cymru';
const hostports = `tcp/${publicIp}:5060,udp/${publicIp}:5060`;
const a = '198.51.100.10';
const b = '10.0.3.10';

interface World {
  readonly server: StandInServer;
  readonly gateway: Gateway;
  readonly occasions: Occasions;
  readonly relay: FakeMediaRelay;
  readonly bound: () => readonly string[];
  readonly events: GatewayEvent[];
  readonly alarms: GatewayAlarm[];
}

const open: World[] = [];

afterEach(async () => {
  for (const { gateway, bound, server } of open.splice(0)) {
    await gateway.close();
    expect(bound()).toEqual([]);
    await server[Symbol.asyncDispose]();
  }
});

async function startOn(
  server: StandInServer,
  occasions: Occasions,
  changes: Partial<DrachtioServerSignalling> = {},
  options: Partial<GatewayOptions> = {},
): Promise<World> {
  const rtp = new MemoryNetwork();
  const relay = relayOn(rtp);
  const events: GatewayEvent[] = [];
  const alarms: GatewayAlarm[] = [];
  const { port } = server;
  const usual = { kind: 'drachtio-server', host: '127.0.0.1', port, secret } as const;
  const signalling: DrachtioServerSignalling = Object.assign(usual, changes);
  const gateway = await startGateway(
    {
      clock: systemClock,
      openTransport: async () => Promise.reject(new Error('the SIP server has the sockets')),
      openRelay: async () => relay,
      resolver: { addressesOf: async () => [] },
    },
    {
      ...networks,
      ...options,
      signalling,
      media: { kind: 'embedded' },
      route: () => ({ kind: 'to', uri: `sip:b@${b}` }),
      onEvent: (event) => {
        events.push(event);
        occasions.tell();
      },
      onAlarm: (alarm) => {
        alarms.push(alarm);
        occasions.tell();
      },
    },
  );
  const all = { server, gateway, occasions, relay, bound: () => rtp.bound(), events, alarms };
  open.push(all);
  return all;
}

async function world(changes: Partial<DrachtioServerSignalling> = {}): Promise<World> {
  const occasions = new Occasions();
  const server = await StandInServer.start({ secret, hostports }, occasions);
  return startOn(server, occasions, changes);
}

const sdpOf = (host: string): string =>
  [
    'v=0',
    `o=- 7 7 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    '',
  ].join('\r\n');

const messageOf = (lines: readonly string[], body = ''): string =>
  `${[...lines, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`;

const bodyHeader = ['Content-Type: application/sdp'];
const dialogA = 'call-a;from-tag=ta';
const dialogB = 'call-b;from-tag=tb';

const inviteOfA = messageOf(
  [
    `INVITE sip:b@${publicIp} SIP/2.0`,
    `Via: SIP/2.0/UDP ${a}:5060;branch=z9hG4bKa1;rport=5060;received=${a}`,
    `From: <sip:alice@${a}>;tag=ta`,
    `To: <sip:b@${publicIp}>`,
    'Call-ID: call-a',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    `Contact: <sip:alice@${a}>`,
    ...bodyHeader,
  ],
  sdpOf(a),
);

interface Told {
  readonly via?: string;
  readonly contact?: string;
}

/** B's INVITE as the server says that it sent it. */
const inviteToB = ({ via = publicIp, contact = publicIp }: Told = {}): string =>
  messageOf(
    [
      `INVITE sip:b@${b} SIP/2.0`,
      `Via: SIP/2.0/UDP ${via}:5060;rport;branch=z9hG4bKb1`,
      'Max-Forwards: 69',
      `From: <sip:alice@${publicIp}:5060>;tag=tb`,
      `To: <sip:b@${b}>`,
      'Call-ID: call-b',
      'CSeq: 7 INVITE',
      `Contact: <sip:${contact}:5060>`,
      ...bodyHeader,
    ],
    sdpOf(publicIp),
  );

const okOfB = messageOf(
  [
    'SIP/2.0 200 OK',
    `Via: SIP/2.0/UDP ${publicIp}:5060;rport;branch=z9hG4bKb1`,
    `From: <sip:alice@${publicIp}:5060>;tag=tb`,
    `To: <sip:b@${b}>;tag=callee`,
    'Call-ID: call-b',
    'CSeq: 7 INVITE',
    `Contact: <sip:b@${b}>`,
    ...bodyHeader,
  ],
  sdpOf(b),
);

/** A request or response in A's dialog, as it is on the wire. */
const inA = (start: string, cseq: string, headers: readonly string[] = []): string =>
  messageOf([
    start,
    `Via: SIP/2.0/UDP ${a}:5060;branch=z9hG4bK${cseq.replaceAll(' ', '')}`,
    `From: <sip:alice@${a}>;tag=ta`,
    `To: <sip:b@${publicIp}>;tag=ours`,
    'Call-ID: call-a',
    `CSeq: ${cseq}`,
    ...headers,
  ]);

/** The same in B's dialog, of a request that we sent. */
const inB = (start: string, cseq: string): string =>
  messageOf([
    start,
    `Via: SIP/2.0/UDP ${publicIp}:5060;branch=z9hG4bKb2`,
    `From: <sip:alice@${publicIp}:5060>;tag=tb`,
    `To: <sip:b@${b}>;tag=callee`,
    'Call-ID: call-b',
    `CSeq: ${cseq}`,
  ]);

const time = '12:00:00.000001';
const received = (txn: string, dialog: string, from: string, sip: string): string =>
  `s|sip|network|${sip.length}|udp|${from}|5060|${time}|${txn}|${dialog}|${dialog === '' ? `${publicIp}|5060|` : ''}\r\n${sip}`;

/** The echo of a request: the address is the server's own. */
const requestSent = ({ id }: AppFrame, txn: string, sip: string): string =>
  `s|response|${id}|OK|application|${sip.length}|udp|${publicIp}|5060|${time}|${txn}|Msg sent:|\r\n${sip}`;

const responseSent = (
  { id }: AppFrame,
  names: { readonly txn: string; readonly dialog: string; readonly proto?: string },
  sip: string,
): string => {
  const { txn, dialog, proto = 'udp' } = names;
  return `s|response|${id}|OK|application|${sip.length}|${proto}|${a}|5060|${time}|${txn}|${dialog}||Msg sent:|\r\n${sip}`;
};

/** A calls, B takes it, A acknowledges. */
async function establish({ server, occasions, events }: World): Promise<void> {
  server.say(received('TA', '', a, inviteOfA));
  const invite = await server.frame('INVITE');
  server.say(requestSent(invite, 'TB', inviteToB()));
  server.say(received('TB', dialogB, b, okOfB));
  const ack = await server.frame('ACK');
  server.say(requestSent(ack, 'TK', inB(`ACK sip:b@${b} SIP/2.0`, '7 ACK')));
  const ok = await server.frame('SIP/2.0 200');
  const contact = [`Contact: <sip:${publicIp}:5060>`];
  const echo = inA('SIP/2.0 200 OK', '1 INVITE', contact);
  server.say(responseSent(ok, { txn: 'TA', dialog: dialogA }, echo));
  server.say(received('TA', dialogA, a, inA(`ACK sip:${publicIp} SIP/2.0`, '1 ACK')));
  await occasions.until(() => events.some(({ kind }) => kind === 'call-answered'));
}

it('a re-INVITE that is given up before the server has sent ours on is cancelled when it has', async () => {
  const all = await world();
  const { server, gateway, occasions } = all;
  await establish(all);
  const before = server.got.length;
  server.say(received('TR', dialogA, a, inA(`INVITE sip:${publicIp} SIP/2.0`, '2 INVITE')));
  const ours = await server.frame('INVITE', before);
  server.say(received('TR', dialogA, a, inA(`CANCEL sip:${publicIp} SIP/2.0`, '2 CANCEL')));
  // what is heard after it was heard after it
  server.say(received('TO', dialogA, a, inA(`OPTIONS sip:${publicIp} SIP/2.0`, '3 OPTIONS')));
  await server.frame('SIP/2.0 200', before);
  server.say(requestSent(ours, 'TS', inB(`INVITE sip:b@${b} SIP/2.0`, '8 INVITE')));
  const cancel = await server.frame('CANCEL', before);
  server.say(requestSent(cancel, 'TS', inB(`CANCEL sip:b@${b} SIP/2.0`, '8 CANCEL')));
  server.say(received('TS', dialogB, b, inB('SIP/2.0 487 Request Terminated', '8 INVITE')));
  server.say(received('TE', dialogA, a, inA(`BYE sip:${publicIp} SIP/2.0`, '4 BYE')));
  await ended(all);
  await occasions.until(() => gateway.counts().calls === 0);
});

const ended = ({ occasions, events }: World): Promise<GatewayEvent> =>
  occasions.until(() => events.find(({ kind }) => kind === 'call-ended'));

/** Resolves once each of these dialogs was told BYE, in frames from the given one on; says how often each was. */
const hungUp = async (
  { server, occasions }: World,
  dialogs: readonly string[],
  after = 0,
): Promise<readonly number[]> => {
  const byes = (dialog: string): number =>
    server.got
      .slice(after)
      .filter(({ fields, sip }) => sip.startsWith('BYE') && fields[1] === dialog).length;
  await occasions.until(() => dialogs.every((dialog) => byes(dialog) > 0));
  return [dialogA, dialogB].map(byes);
};

describe('a gateway on a drachtio-server', () => {
  it('asks for new requests when it is ready, and tells each leg its Contact', async () => {
    const all = await world();
    const { server, alarms } = all;
    await establish(all);
    expect(server.verbs).toContain('invite');
    const [invite, ok] = [await server.frame('INVITE'), await server.frame('SIP/2.0 200')];
    expect(invite.sip.toLowerCase()).toContain(`contact: <sip:${publicIp}:5060>`);
    expect(ok.sip.toLowerCase()).toContain(`contact: <sip:${publicIp}:5060>`);
    // one dialog with the caller: the tag is the server's
    expect(ok.sip).not.toMatch(/^to: .*tag=/im);
    expect(alarms).toEqual([]);
    server.say(received('T4', dialogA, a, inA(`BYE sip:${publicIp} SIP/2.0`, '2 BYE')));
    // an echo of a 200 to BYE has no protocol and no dialog
    const answer = await server.frame('SIP/2.0 200', server.got.indexOf(ok) + 1);
    const echo = inA('SIP/2.0 200 OK', '2 BYE');
    server.say(responseSent(answer, { txn: 'T4', dialog: '', proto: '' }, echo));
    expect(await hungUp(all, [dialogB])).toEqual([0, 1]);
    expect(await ended(all)).toMatchObject({ cause: 'hung-up' });
    expect(alarms).toEqual([]);
  });

  it('a BYE that the server made by itself ends the other leg', async () => {
    const all = await world();
    await establish(all);
    const bye = inA(`BYE sip:alice@${a} SIP/2.0`, '2 BYE', [
      'Reason: SIP;text="ACK timeout"',
    ]).replace(`UDP ${a}`, `UDP ${publicIp}`);
    const sent = `s|sip|application|${bye.length}|udp|${a}|5060|${time}|unsolicited|${dialogA}|\r\n${bye}`;
    all.server.say(sent);
    expect(await hungUp(all, [dialogB])).toEqual([0, 1]);
    expect(await ended(all)).toMatchObject({ cause: 'hung-up' });
    expect(all.alarms).toEqual([]);
  });

  it.each<[string, Told, string]>([
    ['Via', { via: privateIp }, 'via'],
    ['Contact', { contact: privateIp }, 'contact'],
  ])(
    'an INVITE whose %s named the private address: alarm, 500, CANCEL',
    async (where, told, row) => {
      const all = await world();
      const { server, alarms } = all;
      server.say(received('TA', '', a, inviteOfA));
      server.say(requestSent(await server.frame('INVITE'), 'TB', inviteToB(told)));
      await server.frame('SIP/2.0 500');
      const cancel = await server.frame('CANCEL');
      expect(cancel.fields[0]).toBe('TB');
      expect(alarms).toEqual([
        {
          kind: 'told-untrue',
          callId: 'call-b',
          message: 'INVITE',
          row,
          where: expect.stringContaining(where) as unknown,
          told: expect.stringContaining(privateIp) as unknown,
          wanted: expect.stringContaining(publicIp) as unknown,
        },
      ]);
      server.say(received('TB', dialogB, b, inB('SIP/2.0 487 Request Terminated', '7 INVITE')));
      expect(await ended(all)).toMatchObject({ cause: 'told-untrue' });
    },
  );

  it('a 200 that told A the private address: alarm, and both legs are hung up', async () => {
    const all = await world();
    const { server, alarms } = all;
    server.say(received('TA', '', a, inviteOfA));
    server.say(requestSent(await server.frame('INVITE'), 'TB', inviteToB()));
    server.say(received('TB', dialogB, b, okOfB));
    const ok = await server.frame('SIP/2.0 200');
    const untrue = inA('SIP/2.0 200 OK', '1 INVITE', [`Contact: <sip:${privateIp}:5060>`]);
    server.say(responseSent(ok, { txn: 'TA', dialog: dialogA }, untrue));
    expect(await hungUp(all, [dialogB])).toEqual([0, 1]);
    expect(alarms).toMatchObject([{ kind: 'told-untrue', message: '200 INVITE', row: 'contact' }]);
    server.say(received('TA', dialogA, a, inA(`ACK sip:${publicIp} SIP/2.0`, '1 ACK')));
    expect(await ended(all)).toMatchObject({ cause: 'told-untrue' });
    expect(await hungUp(all, [dialogA, dialogB])).toEqual([1, 1]);
  });

  it('an echo that cannot be read is an alarm', async () => {
    const all = await world();
    all.server.say(`s|response|x|OK|application|7|udp|${a}|5060|${time}|T||Msg sent:|\r\ngarbage`);
    await all.occasions.until(() => all.alarms.length > 0);
    expect(all.alarms).toMatchObject([{ kind: 'echo-unreadable' }]);
  });

  it('refuses a caller that would have to be told an address that no listener tells', async () => {
    const { server } = await world();
    const inside = '192.168.7.7';
    server.say(received('TA', '', inside, inviteOfA.replaceAll(a, inside)));
    await server.frame('SIP/2.0 488');
    expect(server.got.some(({ sip }) => sip.startsWith('INVITE'))).toBe(false);
  });

  it('refuses new calls while it drains', async () => {
    const all = await world();
    await all.gateway.drain();
    all.server.say(received('TA', '', a, inviteOfA));
    const refusal = await all.server.frame('SIP/2.0 503');
    expect(refusal.sip.toLowerCase()).toContain('retry-after: 10');
    expect(all.gateway.counts()).toEqual({ calls: 0, sip: undefined });
  });

  it('hangs up both legs when it closes', async () => {
    const all = await world();
    await establish(all);
    await all.gateway.close();
    expect(await hungUp(all, [dialogA, dialogB])).toEqual([1, 1]);
    expect(await ended(all)).toMatchObject({ cause: 'shutdown' });
  });
});

describe('a connection that is lost', () => {
  it('ends every call; both legs get their BYE over the next connection', async () => {
    const all = await world();
    await establish(all);
    const before = all.server.got.length;
    expect(all.gateway.isReady()).toBe(true);
    all.server.drop();
    expect(await ended(all)).toMatchObject({ cause: 'signalling-lost' });
    expect(all.gateway.isReady()).toBe(false);
    expect(all.bound()).not.toEqual([]);
    expect(await hungUp(all, [dialogA, dialogB], before)).toEqual([1, 1]);
    expect([all.server.connections, all.gateway.isReady()]).toEqual([2, true]);
    expect(all.events).toContainEqual({ kind: 'signalling-lost' });
    // it takes calls again
    all.server.say(received('TC', '', a, inviteOfA.replaceAll('call-a', 'call-c')));
    const invite = await all.server.frame('INVITE', before);
    all.server.say(requestSent(invite, 'TD', inviteToB().replaceAll('call-b', 'call-d')));
    const busy = inB('SIP/2.0 486 Busy Here', '7 INVITE').replaceAll('call-b', 'call-d');
    all.server.say(received('TD', 'call-d;from-tag=tb', b, busy));
    await all.server.frame('SIP/2.0 486', before);
  });

  it('a call that rings: A gets its refusal, B its CANCEL, over the next one', async () => {
    const all = await world();
    const { server } = all;
    server.say(received('TA', '', a, inviteOfA));
    server.say(requestSent(await server.frame('INVITE'), 'TB', inviteToB()));
    server.say(received('TB', dialogB, b, inB('SIP/2.0 180 Ringing', '7 INVITE')));
    await server.frame('SIP/2.0 180');
    const before = server.got.length;
    server.drop();
    expect(await ended(all)).toMatchObject({ cause: 'signalling-lost' });
    const refusal = await server.frame('SIP/2.0 503', before);
    expect(refusal.fields[0]).toBe('TA');
    const cancel = await server.frame('CANCEL', before);
    expect(cancel.fields[0]).toBe('TB');
  });

  it('a server that is dead and silent is noticed, and called again', async () => {
    const all = await world({ pingMs: 20, pongMs: 200 });
    await establish(all);
    all.server.isSilent = true;
    expect(await ended(all)).toMatchObject({ cause: 'signalling-lost' });
    all.server.isSilent = false;
    expect(await hungUp(all, [dialogA, dialogB])).toEqual([1, 1]);
  });

  it('a server that answers its pings keeps its connection', async () => {
    const all = await world({ pingMs: 5, pongMs: 1_000 });
    await establish(all);
    const pinged = new Set<string>();
    // ten pings, each answered
    const { server } = all;
    for (let ping = 0; ping < 10; ping += 1) pinged.add(await server.ping());
    expect([pinged.size, server.connections, all.gateway.counts().calls]).toEqual([10, 1, 1]);
  });

  it('a server that babbles is cut off, and called again', async () => {
    const all = await world();
    all.server.babble('HTTP/1.1 200 OK\r\n');
    const routed = (): number => all.server.verbs.filter((verb) => verb === 'invite').length;
    await all.occasions.until(() => routed() === 2);
    expect(all.server.connections).toBe(2);
  });

  it('a server that comes back with other addresses gets no calls until it tells the right ones', async () => {
    const { server, occasions, gateway, events } = await world();
    const routed = (): number => server.verbs.filter((verb) => verb === 'invite').length;
    server.hostports = `udp/${privateIp}:5060`;
    server.drop();
    await occasions.until(() => server.connections >= 4);
    expect([routed(), gateway.isReady()]).toEqual([1, false]);
    // said once each, however often it is tried
    expect(events).toEqual([
      { kind: 'signalling-lost' },
      {
        kind: 'signalling-refused',
        because: expect.stringContaining(`tells peers udp/${privateIp}:5060`) as unknown,
      },
    ]);
    server.hostports = hostports;
    await occasions.until(() => routed() === 2);
    expect(gateway.isReady()).toBe(true);
  });
});

describe('a gateway that cannot start', () => {
  it.each<[string, Partial<DrachtioServerSignalling>, string]>([
    ['the secret is wrong', { secret: 'wrong' }, 'SignallingRefused'],
    ['nobody listens', { port: 1 }, 'SignallingUnreachable'],
  ])('%s: says so', async (_title, changes, code) => {
    const occasions = new Occasions();
    await using server = await StandInServer.start({ secret, hostports }, occasions);
    await expect(startOn(server, occasions, changes)).rejects.toMatchObject({
      code,
      remedy: expect.stringMatching(/admin socket/) as unknown,
    });
  });

  it('the server takes the connection and says nothing', async () => {
    const occasions = new Occasions();
    await using server = await StandInServer.start({ secret, hostports }, occasions);
    server.isSilent = true;
    await expect(startOn(server, occasions, { connectMs: 30 })).rejects.toMatchObject({
      code: 'SignallingUnreachable',
    });
  });

  it('the server has no listener for the address of private networks', async () => {
    const occasions = new Occasions();
    await using server = await StandInServer.start({ secret, hostports }, occasions);
    const otherPrivateAddress = '10.0.1.20' as Ipv4Address;
    await expect(startOn(server, occasions, {}, { otherPrivateAddress })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringContaining('not udp/10.0.1.20:5060') as unknown,
    });
  });

  it('the server tells peers another address', async () => {
    const occasions = new Occasions();
    const other = { secret: randomUUID(), hostports: `udp/${privateIp}:5060` };
    await using server = await StandInServer.start(other, occasions);
    await expect(startOn(server, occasions, { secret: other.secret })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringContaining(`not udp/${publicIp}:5060`) as unknown,
    });
  });
});
