// The TCP port for applications: the secret before anything else, limits, and what a peer hears meanwhile.
import { connect, type Socket } from 'node:net';
import { createSocket } from 'node:dgram';
import { on, once } from 'node:events';
import { createSipEngine, openUdpTransport, type SipEngine } from '@truetuple/sip-engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const address = '127.77.1.1';
let engine: SipEngine;
let port = 0;
const sockets: Socket[] = [];

beforeAll(async () => {
  engine = createSipEngine({
    transports: [await openUdpTransport({ address, port: 5060 })],
    secret: 'right',
    limits: { authenticationMs: 300, appConnections: 3 },
  });
  port = (await engine.listen({ address, port: 0 })).localAddress.port;
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await engine.close();
});

/** Sends these bytes and reads until the other side closes, or says as much as is wanted. */
async function converse(
  bytes: string,
  wanted = Infinity,
): Promise<{ said: string; ended: boolean }> {
  const socket = connect({ host: address, port });
  sockets.push(socket);
  let said = '';
  socket.write(bytes);
  for await (const chunk of socket) {
    said += String(chunk);
    if (said.split('|response|').length > wanted) return { said, ended: false };
  }
  return { said, ended: true };
}

let asked = 0;

/** What a peer gets for a request outside of any call, after the 100. */
async function answerTo(
  method: string,
  { start = `${method} sip:a@${address} SIP/2.0`, more = [] as readonly string[] } = {},
): Promise<string> {
  asked += 1;
  const peer = createSocket('udp4');
  peer.bind(0, '127.77.1.2');
  await once(peer, 'listening');
  const lines = [
    start,
    `Via: SIP/2.0/UDP 127.77.1.2:${peer.address().port};branch=z9hG4bK${asked};rport`,
    'From: <sip:b@127.77.1.2>;tag=1',
    `To: <sip:a@${address}>`,
    `Call-ID: call${asked}`,
    `CSeq: 1 ${method}`,
    'Max-Forwards: 70',
    ...more,
  ];
  const answers = on(peer, 'message');
  peer.send(`${lines.join('\r\n')}\r\n\r\n`, 5060, address);
  for await (const [bytes] of answers as AsyncIterable<[Buffer]>) {
    const answer = bytes.toString();
    if (answer.startsWith('SIP/2.0 100 ')) continue;
    peer.close();
    return answer;
  }
  throw new Error('the socket was closed');
}

const frame = (payload: string): string => `${Buffer.byteLength(payload)}#${payload}`;

describe('before the secret', () => {
  it.each([
    ['a route', frame('a1|route|invite'), /\|response\|a1\|NO\|/],
    [
      'a request',
      frame('a1|sip||\r\nOPTIONS sip:a@127.0.0.1 SIP/2.0\r\n\r\n'),
      /\|response\|a1\|NO\|/,
    ],
    ['a ping', frame('a1|ping'), /\|response\|a1\|NO\|/],
    ['a wrong secret', frame('a1|authenticate|wrong|'), /\|response\|a1\|NO\|incorrect secret/],
    ['a secret cut short', frame('a1|authenticate|righ|'), /\|NO\|incorrect secret/],
    [
      'a wrong secret, then the right one',
      frame('a|authenticate|x|') + frame('b|authenticate|right|'),
      /^\d+#[^|]+\|response\|a\|NO\|incorrect secret$/,
    ],
    ['a frame too long', `5000#${'x'.repeat(5000)}`, /^$/],
    ['no frame at all', 'GET / HTTP/1.1\r\n\r\n', /^$/],
    ['nothing, for too long', '', /^$/],
  ])('%s ends the connection', async (_what, bytes, expected) => {
    const { said, ended } = await converse(bytes);
    expect(said).toMatch(expected);
    expect(ended).toBe(true);
    expect(engine.counts()).toMatchObject({ apps: 0, transactions: 0 });
  });
});

describe('after it', () => {
  it('answers route, ping, remove_route and what it does not know', async () => {
    const frames = [
      'a|authenticate|right|',
      'b|route|invite',
      'c|ping',
      'd|remove_route|invite',
      'e|dance|',
    ];
    const { said } = await converse(frames.map(frame).join(''), 5);
    const answers = [...said.matchAll(/\|response\|(\w)\|(N?OK)/g)].map(
      ([, id, verdict]) => `${id} ${verdict}`,
    );
    expect(said).toContain(`|OK|udp/${address}:5060|v0.9.`);
    expect(answers).toEqual(['a OK', 'b OK', 'c OK', 'd OK', 'e NOK']);
    expect(said).toContain('|OK|pong');
  });

  it('an unknown dialog, an unknown transaction and a broken header are refused by name', async () => {
    const sip = (fields: string, message: string): string =>
      frame(`${fields}\r\n${message}\r\n\r\n`);
    const said = await converse(
      [
        frame('a|authenticate|right|'),
        sip('b|sip||gone;from-tag=1', 'BYE sip:placeholder SIP/2.0'),
        sip('c|sip|gone|', 'SIP/2.0 200 OK'),
        sip('d|sip|gone|', 'CANCEL sip:a@127.0.0.1 SIP/2.0'),
        sip('e|sip||', 'OPTIONS sip:a@127.77.1.9 SIP/2.0\r\nX-A: a\tb\u0001'),
        sip('f|sip||', `OPTIONS sip:a@${address} SIP/2.0`),
      ].join(''),
      6,
    );
    expect(said.said).toContain(
      '|b|NOK|Server error: unable to find dialog for dialog id provided',
    );
    expect(said.said).toMatch(/\|c\|NOK\|the transaction to answer does not exist/);
    expect(said.said).toMatch(/\|d\|NOK\|unknown transaction/);
    expect(said.said).toMatch(/\|e\|NOK\|Tried to make the header field/);
    expect(said.said).toMatch(/\|f\|NOK\|the request would come back here/);
  });

  it('a method that no application routes gets 405 with Allow', async () => {
    const app = connect({ host: address, port });
    sockets.push(app);
    app.write(frame('a|authenticate|right|') + frame('b|route|invite'));
    let said = '';
    while (!said.includes('|b|OK')) said += String((await once(app, 'data'))[0]);
    expect(await answerTo('OPTIONS')).toMatch(/^SIP\/2\.0 405 [\s\S]*Allow: INVITE\r\n/);
    // 8.2.1 comes before 8.2.2, and BYE and UPDATE are known: of them there is no call (15.1.2, RFC 3311 5.2)
    const strange = ['Require: teleport'];
    const order = [
      await answerTo('OPTIONS', { start: 'OPTIONS foo:a SIP/2.0', more: strange }),
      await answerTo('DANCE', { more: strange }),
      await answerTo('INVITE', { start: 'INVITE foo:a SIP/2.0', more: strange }),
      await answerTo('INVITE', { more: strange }),
      await answerTo('INVITE'),
      await answerTo('UPDATE', { more: strange }),
      await answerTo('UPDATE'),
      await answerTo('BYE', { more: strange }),
      await answerTo('CANCEL', { more: strange }),
    ];
    const statuses = order.map((each) => each.slice(8, 11));
    expect(statuses).toEqual(['405', '405', '416', '420', '400', '420', '481', '481', '481']);
  });
});

describe('a closed engine', () => {
  it('does not listen, also when it was closed while it began to', async () => {
    const closing = createSipEngine({
      transports: [await openUdpTransport({ address, port: 0 })],
      secret: 'right',
    });
    const late = closing.listen({ address, port: 0 });
    await closing.close();
    await expect(late).rejects.toMatchObject({ code: 'TransportClosed' });
    await expect(closing.listen({ address, port: 0 })).rejects.toMatchObject({
      code: 'TransportClosed',
    });
  });
});
