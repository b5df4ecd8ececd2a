// The beginning of a connection, however its bytes are cut.
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { AppConnection } from './app-connection.ts';
import { writeFrame } from './frame.ts';

interface Opened {
  readonly app: AppConnection;
  /** Verbs of what the engine said, and methods of what it was asked. */
  readonly log: string[];
}

function open(onFrame: (frame: Buffer) => void = () => undefined): Opened {
  const log: string[] = [];
  const link = {
    write: (frame: Buffer): void => {
      log.push(frame.toString().split('|')[3] ?? '');
      onFrame(frame);
    },
    close: (): void => {
      log.push('closed');
    },
  };
  const settings = {
    secret: 's',
    clock: new FakeClock(),
    authenticationMs: 5_000,
    takesAll: false,
  };
  const app = new AppConnection(link, settings, {
    onAuthenticated: () => log.push('in'),
    onCommand: (_app, { sip }) => {
      log.push(`${sip.start.kind === 'request' ? sip.start.method : ''} ${sip.body.length}`);
    },
    onClosed: () => undefined,
    hostports: () => ({ told: [], bound: [] }),
  });
  return { app, log };
}

const message = (bodyBytes: number): Buffer =>
  writeFrame(`m|sip||\r\nMESSAGE sip:b@10.0.0.2 SIP/2.0\r\n\r\n${'x'.repeat(bodyBytes)}`);
const hello = (secret = 's'): Buffer => writeFrame(`a|authenticate|${secret}|`);

describe('after the secret', () => {
  const all = Buffer.concat([hello(), message(5_000), message(1), message(50_000)]);
  const expected = ['OK', 'in', 'MESSAGE 5000', 'MESSAGE 1', 'MESSAGE 50000'];

  it.each([1, 7, 20, 21, 22, 2_047, 2_048, 2_100, 6_000, all.length])(
    'frames of any length are taken, in reads of %i bytes',
    (size) => {
      const { app, log } = open();
      for (let at = 0; at < all.length; at += size) app.receive(all.subarray(at, at + size));
      expect(log).toEqual(expected);
    },
  );

  it('no two frames of ours have one id', () => {
    const ids: string[] = [];
    const { app } = open((frame) => ids.push(frame.toString().split(/[#|]/)[1] ?? ''));
    app.receive(Buffer.concat([hello(), ...Array.from({ length: 9 }, () => writeFrame('p|ping'))]));
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
  });

  it('also where they come as text', () => {
    const { app, log } = open();
    app.receiveText(all.toString());
    expect(log).toEqual(expected);
  });
});

describe('before the secret', () => {
  it.each([
    ['a long frame', [message(5_000)], ['closed']],
    ['a short one, and then the secret', [message(1), hello()], ['NO', 'closed']],
    ['a wrong secret, and then the right one', [hello('t'), hello()], ['NO', 'closed']],
    ['a length of six digits', [Buffer.from('100000#')], ['closed']],
  ])('%s ends it', (_what, frames, expected) => {
    const { app, log } = open();
    app.receive(Buffer.concat(frames));
    expect(log).toEqual(expected);
  });
});
