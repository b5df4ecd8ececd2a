import { FakeClock, VirtualNetwork, type Datagram } from '@truetuple/sip-engine/testing';
import { describe, expect, it } from 'vitest';
import type { SipCall } from './sip-call.ts';
import { SipUserAgent, type InviteOutcome } from './sip-user-agent.ts';

interface Bench {
  readonly clock: FakeClock;
  readonly network: VirtualNetwork;
  readonly alice: SipUserAgent;
  readonly bob: SipUserAgent;
  /** First lines of what was sent over SIP, lost ones included. */
  readonly log: () => readonly string[];
}

const alicesTuple = '192.0.2.1:5060';

function newBench(): Bench {
  const clock = new FakeClock();
  const network = new VirtualNetwork(clock);
  const agent = (user: string, address: string): SipUserAgent =>
    new SipUserAgent({
      user,
      clock,
      sip: network.open({ address, port: 5060 }),
      rtp: network.open({ address, port: 40_000 }),
    });
  return {
    clock,
    network,
    alice: agent('alice', '192.0.2.1'),
    bob: agent('bob', '192.0.2.2'),
    log: () => network.sent.filter(isSip).map((datagram) => firstLine(datagram)),
  };
}

function isSip({ destination }: Datagram): boolean {
  return destination.port === 5060;
}

function firstLine({ bytes }: Datagram): string {
  const [line = ''] = Buffer.from(bytes).toString('latin1').split('\r\n');
  return line.startsWith('SIP/2.0') ? line.slice(8, 11) : (line.split(' ')[0] ?? '');
}

function startsWith(text: string, times = Infinity): (datagram: Datagram) => boolean {
  let left = times;
  return (datagram) => {
    if (!isSip(datagram) || firstLine(datagram) !== text || left === 0) return false;
    left -= 1;
    return true;
  };
}

interface Called {
  readonly outcome: InviteOutcome;
  /** Bob's side; it never settles when no call came. */
  readonly answered: Promise<SipCall>;
}

async function call({ alice, bob, clock }: Bench, ms = 400): Promise<Called> {
  const answered = bob.nextCall();
  const outcome = alice.invite(`sip:bob@192.0.2.2`, bob.tuple);
  await clock.advanceSettled(ms);
  return { outcome: await outcome, answered };
}

describe('a SIP user agent', () => {
  it('calls, talks PCMU every 20 ms both ways and hangs up, each message once', async () => {
    const bench = newBench();
    const { alice, bob, clock, log } = bench;
    const { outcome, answered: incoming } = await call(bench);
    if (outcome.kind !== 'answered') throw new Error(outcome.kind);
    const answered = await incoming;
    expect(answered).toMatchObject({ callId: outcome.call.callId, media: alice.media.tuple });
    expect(outcome.call.media).toEqual(bob.media.tuple);
    await answered.acknowledged;
    const talks = [alice.media.send(bob.media.tuple, 50), bob.media.send(alice.media.tuple, 50)];
    await clock.advanceSettled(990);
    await Promise.all(talks);
    expect([alice.media.heard, bob.media.heard]).toEqual([50, 50]);
    const status = answered.hangUp();
    await clock.advanceSettled(10);
    expect(await status).toBe(200);
    await outcome.call.ended;
    expect(log()).toEqual(['INVITE', '180', '200', 'ACK', 'BYE', '200']);
    expect(clock.pending).toBe(0);
  });

  it('is whole, in spite of losses: INVITE, 200, ACK and BYE are repeated', async () => {
    for (const lost of ['INVITE', '200', 'ACK', 'BYE']) {
      const bench = newBench();
      const stop = bench.network.lose(startsWith(lost, 1));
      const { outcome, answered: incoming } = await call(bench, 2000);
      if (outcome.kind !== 'answered') throw new Error(`${lost}: ${outcome.kind}`);
      const answered = await incoming;
      await answered.acknowledged;
      const status = outcome.call.hangUp();
      await bench.clock.advanceSettled(2000);
      expect(await status, lost).toBe(200);
      const count = bench.log().filter((line) => line === lost).length;
      // a lost ACK costs a 200 and another ACK
      expect(count, bench.log().join(' ')).toBe(lost === '200' ? 3 : 2);
      expect(bench.clock.pending).toBe(0);
      stop();
    }
  });

  it('repeats after T1, 2 T1, 4 T1 and gives up with its patience', async () => {
    const bench = newBench();
    bench.network.lose(startsWith('INVITE'));
    expect((await call(bench, 4000)).outcome).toEqual({ kind: 'silent' });
    const [first, ...rest] = bench.network.sent.map(({ sentAtMs }) => sentAtMs);
    expect(rest.map((at) => at - (first ?? 0))).toEqual([500, 1500]);
    expect(bench.clock.pending).toBe(0);
  });

  it('says the same again to an INVITE that comes again, and takes it for one call', async () => {
    const bench = newBench();
    bench.network.lose(startsWith('180'));
    bench.network.lose(startsWith('200', 1));
    await call(bench, 1500);
    expect(bench.log()).toEqual(['INVITE', '180', '200', 'INVITE', '200', 'ACK']);
  });

  it('says 481 to a BYE of no call and 405 to what it does not know', async () => {
    const bench = newBench();
    const stranger = bench.network.open({ address: '192.0.2.3', port: 5060 });
    for (const method of ['BYE', 'MESSAGE']) {
      const lines = [
        `${method} sip:alice@${alicesTuple} SIP/2.0`,
        'Via: SIP/2.0/UDP 192.0.2.3;branch=z9hG4bK1',
        'From: <sip:x@192.0.2.3>;tag=1',
        'To: <sip:alice@192.0.2.1>;tag=2',
        'Call-ID: nothing',
        `CSeq: 1 ${method}`,
      ];
      stranger.send(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bench.alice.tuple);
    }
    await bench.clock.advanceSettled(10);
    expect(bench.log()).toEqual(['BYE', 'MESSAGE', '481', '405']);
  });

  it('waits for nothing more once it is closed', async () => {
    const bench = newBench();
    bench.network.lose(startsWith('INVITE'));
    const outcome = bench.alice.invite('sip:bob@192.0.2.2', bench.bob.tuple);
    await bench.alice.close();
    expect(await outcome).toEqual({ kind: 'silent' });
    expect(bench.clock.pending).toBe(0);
  });
});
