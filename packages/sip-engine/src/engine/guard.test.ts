// Each row of the send guard broken on purpose by an application that writes what it likes, in memory.
import { afterEach, describe, expect, it } from 'vitest';
import type { SipEngineOptions } from '../engine.ts';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import {
  openGuardWorld,
  ours,
  peerHost,
  port,
  stranger,
  type GuardWorld,
} from '../testing/guard-world.ts';

const opened: GuardWorld[] = [];

afterEach(async () => endEngines(opened));

interface World extends GuardWorld {
  /** Nothing is left once the timers have run. */
  readonly settle: () => Promise<void>;
}

async function open(options: Partial<SipEngineOptions> = {}): Promise<World> {
  const world = await openGuardWorld(options);
  opened.push(world);
  const settle = async (): Promise<void> => {
    await world.run(70_000);
    expect(world.engine.counts()).toMatchObject({ transactions: 0, dialogs: 0, timers: 0 });
  };
  return { ...world, settle };
}

const session = (...lines: readonly string[]): string =>
  ['v=0', `o=- 1 1 IN IP4 ${stranger}`, 's=-', 't=0 0', ...lines, ''].join('\r\n');
const audio = 'm=audio 4000 RTP/AVP 0';
const clean = session(`c=IN IP4 ${ours}`, audio);
const dirty = session(`c=IN IP4 ${stranger}`, audio);
const candidate = 'a=candidate:1 1 udp 1';
const withLine = (line: string): string => session(`c=IN IP4 ${ours}`, audio, line);
const multipart = `--b\r\nContent-Type: application/sdp\r\n\r\n${dirty}\r\n--b--`;

/** Row, headers, body. */
type Broken = readonly [row: string, what: string, headers: readonly string[], body: string];

const brokenBodies: readonly Broken[] = [
  ['sdp-connection', 'c= of the session', [], dirty],
  ['sdp-connection', 'c= of a stream', [], withLine(`c=IN IP4 ${stranger}`)],
  ['sdp-media', 'm= without c=', [], session(audio)],
  ['sdp-rtcp', 'a=rtcp', [], withLine(`a=rtcp:4001 IN IP4 ${stranger}`)],
  ['sdp-candidate', 'a=candidate', [], withLine(`${candidate} ${stranger} 4000 typ host`)],
  [
    'sdp-candidate',
    'raddr',
    [],
    withLine(`${candidate} ${ours} 4000 typ srflx raddr ${stranger} rport 1`),
  ],
  ['sdp-unreadable', 'a line that cannot be read', [], withLine(`C=IN IP4 ${ours}`)],
  ['sdp-connection', 'a part', ['Content-Type: multipart/mixed;boundary=b'], multipart],
];
const brokenContacts: readonly Broken[] = [
  ['contact', 'Contact of another host', [`Contact: <sip:me@${stranger}:${port}>`], clean],
  ['contact', 'Contact of another port', [`Contact: <sip:me@${ours}:5070>`], clean],
  ['contact', 'Contact with maddr', [`m: <sip:me@${ours}:${port};maddr=${stranger}>`], clean],
  ['contact', 'Contact that is no SIP URI', ['Contact: <tel:+15551234>'], clean],
];

describe('a request is not sent', () => {
  const rows = [...brokenBodies, ...brokenContacts].map((each) => ['INVITE', ...each] as const);
  const others = ['REGISTER', 'SUBSCRIBE', 'OPTIONS', 'PUBLISH'].map(
    (method) => [method, 'contact', 'Contact', [`Contact: <sip:me@${stranger}>`], ''] as const,
  );
  it.each([...rows, ...others])('%s, %s: %s', async (method, row, _what, headers, body) => {
    const { engine, app, refusals, run, sent, settle } = await open();
    const id = app.say('|', [`${method} sip:b@${peerHost} SIP/2.0`, ...headers], body);
    await run(10);
    expect(app.answer(id)).toMatch(
      new RegExp(`^NOK\\|the send guard refused ${method} to .*: ${row}: `),
    );
    expect(sent()).toEqual([]);
    expect(engine.counts()).toMatchObject({ guardRefusals: 1, transactions: 0, timers: 0 });
    expect(refusals).toMatchObject([{ action: 'withheld', what: method }]);
    expect(refusals[0]?.findings[0]?.row).toBe(row);
    await settle();
  });

  it('when the identity moved after it was written: the Via tells the old one', async () => {
    const { app, refusals, run, sent, moveAfter, settle } = await open();
    moveAfter(1, '203.0.113.99');
    const id = app.say('|', [`OPTIONS sip:b@${peerHost} SIP/2.0`]);
    await run(10);
    expect(app.answer(id)).toContain('via: Via tells SIP/2.0/UDP 203.0.113.50:5060');
    expect(refusals).toMatchObject([{ findings: [{ row: 'via', wanted: '203.0.113.99:5060' }] }]);
    expect(sent()).toEqual([]);
    await settle();
  });

  it('where nothing may be sent', async () => {
    const { app, run, sent, move } = await open();
    move(undefined);
    const id = app.say('|', [`INVITE sip:b@${peerHost} SIP/2.0`], clean);
    await run(10);
    expect(app.answer(id)).toBe(`NOK|nothing may be sent to ${peerHost}:5060`);
    expect(sent()).toEqual([]);
  });
});

describe('a request goes as it is', () => {
  const bodies: readonly (readonly [string, string])[] = [
    ['clean', clean],
    ['on hold the old way', session('c=IN IP4 0.0.0.0', audio)],
    [
      'with a refused stream',
      session(`c=IN IP4 ${ours}`, 'm=audio 0 RTP/AVP 0', `c=IN IP4 ${stranger}`),
    ],
    ['with a configured name', session('c=IN IP4 gw.example.com', audio)],
    ['with our candidate', withLine(`${candidate} ${ours} 4000 typ srflx raddr 0.0.0.0 rport 9`)],
  ];
  const headers: readonly (readonly [string, string])[] = [
    ['our Contact', `Contact: "Me" <sip:me@${ours}:5060>;expires=60`],
    ['localhost in Contact', 'Contact: <sip:me@localhost>'],
    ['a configured name', 'Contact: <sip:gw.example.com:5099>'],
    ['Refer-To', `Refer-To: <sip:c@${stranger}>`],
    ['a Via of its own, which nobody gets', `Via: SIP/2.0/UDP ${stranger};branch=z9hG4bKx`],
    ['a Record-Route of its own, which nobody gets', `Record-Route: <sip:${stranger};lr>`],
  ];
  const rows = [
    ...bodies.map(([what, body]) => [what, [], body] as const),
    ...headers.map(([what, line]) => [what, [line], clean] as const),
  ];
  it.each(rows)('%s', async (_what, lines, body) => {
    const { engine, app, peer, run } = await open({ names: ['gw.example.com'] });
    const id = app.say('|', [`INVITE sip:b@${peerHost} SIP/2.0`, ...lines], body);
    await run(10);
    expect(app.answer(id)).toMatch(/^OK\|/);
    const { message } = peer.request('INVITE');
    expect(Buffer.from(message.body).toString()).toBe(body);
    expect(headerValue(message, 'via')).toContain(`${ours}:5060;`);
    expect(headerValue(message, 'record-route')).toBeUndefined();
    expect(engine.counts().guardRefusals).toBe(0);
  });
});

/** A call that the application made, up to its ACK. */
async function callOut(world: World, ackBody = ''): Promise<string> {
  const { app, peer, run } = world;
  app.say('|', [`INVITE sip:b@${peerHost} SIP/2.0`], ackBody === '' ? clean : '');
  await run(10);
  peer.respond(peer.request('INVITE').message, 200, { body: 'v=0\r\n' });
  await run(10);
  const { callId, fromTag } = peer.request('INVITE').essentials;
  const dialog = `${callId};from-tag=${fromTag}`;
  const ack = app.say(`|${dialog}`, ['ACK sip:placeholder SIP/2.0'], ackBody);
  await run(10);
  expect(app.answer(ack)).toMatch(/^OK\|/);
  return dialog;
}

describe('inside of a call', () => {
  const refreshes = ['INVITE', 'UPDATE'].flatMap((method) =>
    [...brokenBodies, ...brokenContacts].map((each) => [method, ...each] as const),
  );
  it.each(refreshes)(
    '%s, %s: %s, and the call goes on',
    async (method, row, _what, headers, body) => {
      const world = await open();
      const { app, peer, run, refusals } = world;
      const dialog = await callOut(world);
      const before = peer.request('INVITE').essentials.cseq.sequence;
      const broken = app.say(`|${dialog}`, [`${method} sip:placeholder SIP/2.0`, ...headers], body);
      await run(10);
      expect(app.answer(broken)).toContain(`NOK|the send guard refused ${method}`);
      expect(refusals[0]?.findings[0]?.row).toBe(row);
      const again = app.say(`|${dialog}`, [`${method} sip:placeholder SIP/2.0`], clean);
      await run(10);
      expect(app.answer(again)).toMatch(/^OK\|/);
      const { message, essentials } = peer.request(method);
      // no number is lost, and our Contact is what it was
      expect(essentials.cseq.sequence).toBe(before + 1);
      expect(headerValue(message, 'contact')).toBe(`<sip:${ours}:5060>`);
      peer.respond(message, 200, { body: clean });
      await run(10);
      if (method === 'INVITE') app.say(`|${dialog}`, ['ACK sip:placeholder SIP/2.0']);
      app.say(`|${dialog}`, ['BYE sip:placeholder SIP/2.0']);
      await run(10);
      peer.respond(peer.request('BYE').message, 200);
      await world.settle();
    },
  );

  it('ACK goes, without the description that it may not tell', async () => {
    const world = await open();
    await callOut(world, dirty);
    const { message } = world.peer.request('ACK');
    expect(message.body).toHaveLength(0);
    expect(headerValue(message, 'content-type')).toBeUndefined();
    expect(world.refusals).toMatchObject([{ action: 'stripped', what: 'ACK' }]);
    expect(world.app.heard.at(-1)).toContain('Content-Length: 0');
  });

  it('BYE goes, without body and Contact', async () => {
    const world = await open();
    const { app, peer, run } = world;
    const dialog = await callOut(world);
    const lines = ['BYE sip:placeholder SIP/2.0', `Contact: <sip:${stranger}>`];
    const id = app.say(`|${dialog}`, lines, dirty);
    await run(10);
    const { message } = peer.request('BYE');
    expect(headerValue(message, 'contact')).toBeUndefined();
    expect(message.body).toHaveLength(0);
    expect(app.answer(id)).toMatch(/^OK\|/);
    expect(world.refusals).toMatchObject([{ action: 'stripped', what: 'BYE' }]);
    peer.respond(message, 200);
    await world.settle();
  });

  it('CANCEL, and the ACK of what it ends, go even when the identity has moved', async () => {
    const world = await open();
    const { app, peer, run, move } = world;
    const id = app.say('|', [`INVITE sip:b@${peerHost} SIP/2.0`], clean);
    await run(10);
    const invite = peer.request('INVITE').message;
    peer.respond(invite, 180);
    await run(10);
    move('203.0.113.99');
    const transaction = app.answer(id).split('|')[7] ?? '';
    app.say(`${transaction}|`, [`CANCEL sip:b@${peerHost} SIP/2.0`]);
    await run(10);
    peer.respond(peer.request('CANCEL').message, 200);
    peer.respond(invite, 487);
    await run(10);
    expect(peer.log()).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(world.refusals.map(({ what, action }) => `${what} ${action}`)).toEqual([
      'CANCEL stripped',
      'ACK stripped',
    ]);
    await world.settle();
  });
});

/** Lets the application answer the peer's request, and tells what it heard of that. */
async function answerWith(
  world: World,
  [method, status]: readonly [method: string, status: number],
  headers: readonly string[],
  body: string,
): Promise<string> {
  const { app, peer, run } = world;
  peer.send({ method, callId: 'in', ...(method === 'INVITE' ? { body: dirty } : {}) });
  await run(10);
  const lines = [`SIP/2.0 ${status} Whatever`, ...headers];
  const id = app.say(`${app.transactionOf(`${method} `)}|`, lines, body);
  await run(10);
  return app.answer(id);
}

describe('a success becomes 500', () => {
  const rows = [...brokenBodies, ...brokenContacts].map((each) => ['INVITE', ...each] as const);
  const others = ['SUBSCRIBE', 'OPTIONS'].map(
    (method) => [method, 'contact', 'Contact', [`Contact: <sip:me@${stranger}>`], ''] as const,
  );
  it.each([...rows, ...others])('200 to %s, %s: %s', async (method, row, _what, headers, body) => {
    const world = await open();
    const said = await answerWith(world, [method, 200], headers, body);
    expect(said).toMatch(new RegExp(`^NOK\\|the send guard refused 200 ${method} to .*: ${row}: `));
    const { message, essentials } = world.peer.response(500);
    expect(message.body).toHaveLength(0);
    expect(headerValue(message, 'contact')).toBeUndefined();
    expect(world.sent().filter((line) => line.startsWith('SIP/2.0 2'))).toEqual([]);
    expect(world.refusals).toMatchObject([{ action: 'replaced', what: `200 ${method}` }]);
    expect(world.engine.counts().dialogs).toBe(0);
    if (method === 'INVITE') {
      world.peer.send({ method: 'ACK', callId: 'in', toTag: essentials.toTag });
      await world.run(10);
    }
    await world.settle();
  });

  it('when the identity moved while it rang', async () => {
    const world = await open();
    await answerWith(world, ['INVITE', 180], [], '');
    world.move('203.0.113.99');
    const id = world.app.say(`${world.app.transactionOf('INVITE ')}|`, ['SIP/2.0 200 OK'], clean);
    await world.run(10);
    expect(world.app.answer(id)).toContain('NOK|the send guard refused 200 INVITE');
    world.peer.response(500);
    await world.settle();
  });

  it('in a call: it goes on with what was agreed before', async () => {
    const world = await open();
    const { app, peer, run } = world;
    await answerWith(world, ['INVITE', 200], [], clean);
    const { toTag } = peer.response(200).essentials;
    peer.send({ method: 'ACK', callId: 'in', toTag });
    peer.send({ method: 'INVITE', callId: 'in', toTag, sequence: 2, body: dirty });
    await run(10);
    app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 200 OK'], dirty);
    await run(10);
    peer.response(500);
    peer.send({ method: 'ACK', callId: 'in', toTag, sequence: 2 });
    expect(world.engine.counts().dialogs).toBe(1);
    peer.send({ method: 'BYE', callId: 'in', toTag, sequence: 3 });
    await run(10);
    app.say(`${app.transactionOf('BYE ')}|`, ['SIP/2.0 200 OK'], dirty);
    await run(10);
    // what answers a BYE always goes
    expect(peer.log().at(-1)).toBe('200 BYE');
    expect(peer.response(200).message.body).toHaveLength(0);
    expect(world.refusals.map(({ action }) => action)).toEqual(['replaced', 'stripped']);
    await world.settle();
  });
});

describe('other responses', () => {
  it.each([...brokenBodies, ...brokenContacts])(
    '18x, %s: %s: is not sent, and the call may still be answered',
    async (row, _what, headers, body) => {
      const world = await open();
      const { app, peer, run } = world;
      const said = await answerWith(world, ['INVITE', 183], headers, body);
      expect(said).toMatch(new RegExp(`^NOK\\|the send guard refused 183 INVITE .*: ${row}: `));
      expect(world.engine.counts().dialogs).toBe(0);
      app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 200 OK'], clean);
      await run(10);
      expect(peer.log()).toEqual(['100 INVITE', '200 INVITE']);
    },
  );

  it.each([
    [488, 'a body', [], dirty],
    [486, 'a Contact', [`Contact: <sip:${stranger}>`], ''],
    [606, 'both', [`Contact: <sip:${stranger}>`], dirty],
  ] as const)('%s goes without %s', async (status, _what, headers, body) => {
    const world = await open();
    const said = await answerWith(world, ['INVITE', status], headers, body);
    expect(said).toMatch(/^OK\|/);
    const { message } = world.peer.response(status);
    expect(message.body).toHaveLength(0);
    expect(headerValue(message, 'contact')).toBeUndefined();
    expect(world.refusals).toMatchObject([{ action: 'stripped', what: `${status} INVITE` }]);
  });

  it.each([
    ['INVITE', 302],
    ['INVITE', 485],
    ['REGISTER', 200],
  ] as const)('%s %s: a Contact of others goes as it is', async (method, status) => {
    const world = await open();
    await answerWith(world, [method, status], [`Contact: <sip:other@${stranger}>`], '');
    const { message } = world.peer.response(status);
    expect(headerValue(message, 'contact')).toBe(`<sip:other@${stranger}>`);
    expect(world.refusals).toEqual([]);
  });

  it("the peer's Record-Route and Via are repeated as they came", async () => {
    const world = await open();
    const { app, peer, run } = world;
    const headers = [
      `Record-Route: <sip:${stranger};lr>, <sip:10.1.1.1;lr>`,
      'Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKbelow',
    ];
    peer.send({ method: 'INVITE', callId: 'rr', headers, body: dirty });
    await run(10);
    app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 200 OK'], clean);
    await run(10);
    const { message } = peer.response(200);
    expect(message.headers.filter(({ key }) => key === 'record-route')).toHaveLength(2);
    expect(world.refusals).toEqual([]);
  });
});

describe('what the engine says by itself passes the same gate', () => {
  it.each([
    ['481', 'BYE', { toTag: 'gone' }],
    ['420', 'OPTIONS', { headers: ['Require: nothing'] }],
    ['481', 'CANCEL', {}],
    ['400', 'OPTIONS', { headers: ['Max-Forwards: 5'] }],
  ])('where nothing may be sent any more: no %s to %s', async (status, method, more) => {
    const world = await open();
    // the question that lets it in is the last one with an answer
    world.moveAfter(1, undefined);
    world.peer.send({ method, callId: 'x', ...more });
    await world.run(10);
    expect(world.sent()).toEqual([]);
    expect(world.refusals.map(({ what }) => what.split(' ')[0])).toEqual([status]);
    expect(world.engine.counts()).toMatchObject({ transactions: 0, guardRefusals: 1, timers: 0 });
  });

  it('from where nothing may be sent to, nothing is taken', async () => {
    const world = await open();
    world.move(undefined);
    world.peer.send({ method: 'INVITE', callId: 'x', body: dirty });
    await world.run(10);
    expect(world.sent()).toEqual([]);
    expect(world.app.transactionOf('INVITE ')).toBe('');
    expect(world.engine.counts()).toMatchObject({ transactions: 0, timers: 0, malformed: 1 });
  });

  it('a transaction whose way back is lost ends without a word', async () => {
    const world = await open();
    const { app, peer, run, move } = world;
    peer.send({ method: 'INVITE', callId: 'lost', body: dirty });
    peer.send({ method: 'OPTIONS', callId: 'lost2' });
    await run(10);
    move(undefined);
    const ok = app.say(`${app.transactionOf('OPTIONS ')}|`, ['SIP/2.0 200 OK']);
    const ringing = app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 180 Ringing']);
    const busy = app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 486 Busy']);
    await run(10);
    for (const id of [ok, ringing, busy]) expect(app.answer(id)).toMatch(/^NOK\|.*: path: /);
    expect(world.sent()).toEqual(['SIP/2.0 100 Trying']);
    expect(world.engine.counts()).toMatchObject({ transactions: 0, guardRefusals: 3 });
    await world.settle();
  });

  it('five minutes of ringing end in silence when the 408 may not go', async () => {
    const world = await open();
    world.peer.send({ method: 'INVITE', callId: 'rings', body: dirty });
    await world.run(10);
    world.move(undefined);
    await world.run(301_000);
    expect(world.sent()).toEqual(['SIP/2.0 100 Trying']);
    expect(world.refusals).toMatchObject([{ what: '408 INVITE', findings: [{ row: 'path' }] }]);
    await world.settle();
  });
});
