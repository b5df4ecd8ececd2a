import type { Socket } from 'node:net';
import { createSipEngine } from '@truetuple/sip-engine';
import { FakeClock, VirtualNetwork } from '@truetuple/sip-engine/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { SrfSession } from './srf-session.ts';

const secret = 'in memory';
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface World {
  readonly clock: FakeClock;
  readonly session: SrfSession;
  readonly sockets: readonly Socket[];
  /** What the session told, in order. */
  readonly told: readonly string[];
  readonly connect: () => void;
}

function world(shown = secret): World {
  const clock = new FakeClock();
  const network = new VirtualNetwork(clock);
  const transports = [network.open({ address: '203.0.113.50', port: 5060 })];
  const engine = createSipEngine({ transports, secret, clock });
  const session = new SrfSession(clock, shown, () => undefined);
  const told: string[] = [];
  const sockets: Socket[] = [];
  session.onUp((hostports) => told.push(`up ${hostports}`));
  session.onDown(() => told.push('down'));
  session.server.on('connection', (socket: Socket) => sockets.push(socket));
  closers.push(async () => {
    await engine.close();
    session.close();
  });
  return { clock, session, sockets, told, connect: () => engine.attach(session.server) };
}

const up = 'up udp/203.0.113.50:5060';

describe('a session with a SIP server', () => {
  it('is up when the secret was taken, down when the connection is lost, and up again', async () => {
    const { clock, session, sockets, told, connect } = world();
    connect();
    expect(session.isUp).toBe(false);
    await clock.advanceSettled(0);
    expect([told, session.isUp]).toEqual([[up], true]);
    sockets[0]?.destroy();
    await clock.advanceSettled(0);
    await clock.advanceSettled(0);
    expect(told).toEqual([up, 'down', up]);
    expect(sockets.length).toBe(2);
  });

  it('is never up with a server that is not accepted, and keeps what was to be said for one that is', async () => {
    const { clock, session, told, sockets, connect } = world();
    let isAccepted = false;
    session.onlyWith(() => isAccepted);
    const said: boolean[] = [];
    session.whenUp(({ destroyed }) => said.push(!destroyed));
    connect();
    await clock.advanceSettled(0);
    expect([told, session.isUp, said, sockets[0]?.destroyed]).toEqual([[], false, [], true]);
    isAccepted = true;
    await clock.advanceSettled(0);
    await clock.advanceSettled(0);
    expect([told, session.isUp, said]).toEqual([[up], true, [true]]);
  });

  it('is never up with a wrong secret', async () => {
    const { clock, session, told, connect } = world('wrong');
    connect();
    await clock.advanceSettled(0);
    expect([told, session.isUp]).toEqual([[], false]);
  });

  it('says at once what it is up for, and later what it was not, but nothing that is too old', async () => {
    const { clock, session, connect } = world();
    const said: string[] = [];
    session.whenUp(() => said.push('old'));
    await clock.advanceSettled(32_001);
    session.whenUp(() => said.push('new'));
    connect();
    await clock.advanceSettled(0);
    session.whenUp(() => said.push('now'));
    expect(said).toEqual(['new', 'now']);
  });

  it('a request with no connection fails, and throws nothing', () => {
    const { session } = world();
    const errors: (Error | null)[] = [];
    session.request('sip:b@198.51.100.7', { method: 'OPTIONS' }, (error) => errors.push(error));
    expect(errors).toEqual([expect.any(Error)]);
  });
});
