import { describe, expect, it } from 'vitest';
import { Arrivals } from './arrivals.ts';
import { bindUdp, bindUdpNear, closeSocket, sendDatagram, tupleOf } from './datagram.ts';
import { sendPaced } from './paced-sender.ts';
import { encodePayload } from './payload.ts';
import { playStockPath } from '../acts/stock-path.ts';
import { openLoopbackStock } from '../loopback/loopback-stock.ts';
import { UserSpaceNat } from '../loopback/user-space-nat.ts';

const payload = (flow: string, sequence = 1): Uint8Array =>
  encodePayload({ flow, sequence, advertised: '127.0.0.1:1' });

describe('sendPaced', () => {
  it('numbers from 1, counts what was accepted, and keeps the pace', async () => {
    const sequences: number[] = [];
    const start = performance.now();
    const accepted = await sendPaced({
      count: 5,
      paceMs: 4,
      send: async (sequence) => {
        sequences.push(sequence);
        return sequence !== 3;
      },
    });
    expect(accepted).toBe(4);
    expect(sequences).toEqual([1, 2, 3, 4, 5]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(15);
  });
});

describe('bindUdpNear', () => {
  it('takes another port where the wanted one is held', async () => {
    const first = await bindUdp('127.0.0.1', 0);
    const second = await bindUdpNear('127.0.0.1', tupleOf(first).port);
    expect(tupleOf(second).port).not.toBe(tupleOf(first).port);
    await Promise.all([closeSocket(first), closeSocket(second)]);
  });
});

describe('UserSpaceNat', () => {
  it('gives each destination a port of its own and refuses everybody else', async () => {
    await using nat = new UserSpaceNat();
    const [app, first, second] = await Promise.all([1, 2, 3].map(() => bindUdp('127.0.0.1', 0)));
    if (app === undefined || first === undefined || second === undefined) throw new Error();
    const arrivals = new Arrivals();
    for (const socket of [app, first, second]) arrivals.listen(socket);
    const one = await nat.door('app', tupleOf(first));
    const two = await nat.door('app', tupleOf(second));
    expect(await nat.door('app', tupleOf(first))).toEqual(one);
    await sendDatagram(app, payload('to-first'), one.door);
    await sendDatagram(app, payload('to-second'), two.door);
    const atFirst = await arrivals.of('to-first', 1, 1000);
    const atSecond = await arrivals.of('to-second', 1, 1000);
    expect(atFirst.sources[0]).not.toBe(atSecond.sources[0]);
    const mapped = { address: '127.0.0.1', port: Number(atFirst.sources[0]?.split(':')[1]) };
    await sendDatagram(second, payload('stranger'), mapped);
    await sendDatagram(first, payload('answer'), mapped);
    expect(await arrivals.of('answer', 1, 1000)).toMatchObject({ packets: 1 });
    expect(await arrivals.of('stranger', 0, 1000)).toMatchObject({ packets: 0 });
    expect(nat.refused).toBe(1);
    await Promise.all([app, first, second].map(closeSocket));
  });
});

describe('act 1 on loopback', () => {
  it('shows that no advertised tuple is the observed one, and that no call arrives', async () => {
    await using world = await openLoopbackStock();
    const rows = await playStockPath(world);
    expect(rows.map(({ name }) => name)).toEqual(['SIP', 'RTP', 'SIP by STUN']);
    for (const row of rows) {
      expect(row.observed).toHaveLength(1);
      expect(row.observed[0]).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(row.observed).not.toContain(row.advertised);
      expect(row).toMatchObject({ sent: 5, arrived: 0, answered: true });
    }
    expect(rows[2]?.advertised).toBe(rows[0]?.observed[0]);
    expect(rows[2]?.diesAt).toBe('the NAT refuses them (5)');
  });

  it('says that nothing was answered when no packet reaches the app at all', async () => {
    await using world = await openLoopbackStock();
    const rows = await playStockPath({
      ...world,
      peerToApp: async () => undefined,
      seenByApp: (flow, role) => world.seenByApp(flow, role, 0), // not waiting for what was not sent
    });
    for (const row of rows) expect(row).toMatchObject({ arrived: 0, answered: false });
  });
});
