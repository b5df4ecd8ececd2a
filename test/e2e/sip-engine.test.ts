// Real UDP and TCP on loopback: sipp on both sides of an unmodified drachtio-srf application.
import { createServer } from 'node:net';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseSippStatistics, type SippStatistics } from '@truetuple/lab';
import { createSipEngine, openUdpTransport, type SipEngine } from '@truetuple/sip-engine';
import type { SrfApp } from '@truetuple/sip-engine/testing';
import Srf from 'drachtio-srf';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const host = { engine: '127.77.0.1', caller: '127.77.0.2', callee: '127.77.0.3' };
const sdp = `v=0\r\no=- 1 1 IN IP4 ${host.engine}\r\ns=-\r\nc=IN IP4 ${host.engine}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;
const run = promisify(execFile);

let folder = '';
let engine: SipEngine;
let overTcp: SrfApp;
let callee: ChildProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'truetuple-sip-engine-'));
  engine = createSipEngine({
    transports: [await openUdpTransport({ address: host.engine, port: 5060 })],
    secret: 'not cymru',
    // a caller's description goes on to the callee as it is
    mediaHosts: [host.engine, host.caller],
    // transactions linger for 64*T1 after a call: a shorter T1 lets the test see their end
    timing: { t1Ms: 250 },
  });
  const listener = await engine.listen({ address: host.engine, port: 0 });
  overTcp = new (Srf as unknown as new () => SrfApp)();
  serve(overTcp);
  const connected = new Promise<void>((resolve, reject) => {
    overTcp.on('connect', (error: Error | null) => (error === null ? resolve() : reject(error)));
    overTcp.on('error', reject);
  });
  overTcp.connect({ ...listener.localAddress, host: host.engine, secret: 'not cymru' });
  await connected;
  callee = spawn('sipp', ['-sn', 'uas', '-i', host.callee, '-p', '5060', '-nostdin'], {
    cwd: folder,
    stdio: 'ignore',
  });
  await once(callee, 'spawn');
});

afterAll(async () => {
  overTcp.disconnect();
  await engine.close();
  const gone = once(callee, 'exit');
  callee.kill('SIGKILL');
  await gone;
  await rm(folder, { recursive: true, force: true });
});

/** "uas" is answered here, anything else goes on to the callee. */
function serve(app: SrfApp): void {
  app.invite((req, res) => {
    if (req.uri.startsWith('sip:uas@')) {
      app.createUAS(req, res, { localSdp: sdp }).catch(() => undefined);
      return;
    }
    const options = { localSdpA: sdp, localSdpB: req.body };
    app.createB2BUA(req, res, `sip:callee@${host.callee}`, options).then(
      ({ uas, uac }) => {
        uas.on('destroy', () => void uac.destroy());
        return uac.on('destroy', () => void uas.destroy());
      },
      () => undefined,
    );
  });
}

/** Calls this user, 20 at a time, and reads sipp's own account of it. */
async function call(user: string, calls: number): Promise<SippStatistics> {
  const statistics = join(folder, `${user}.csv`);
  const rate = ['-m', String(calls), '-r', '40', '-l', '20', '-d', '500'];
  const where = ['-i', host.caller, '-p', '5060', `${host.engine}:5060`];
  const record = ['-trace_stat', '-stf', statistics, '-fd', '1', '-nostdin', '-timeout', '60'];
  await run('sipp', ['-sn', 'uac', '-s', user, ...rate, ...record, ...where], { cwd: folder });
  return parseSippStatistics(await readFile(statistics, 'utf8'));
}

const perfect: SippStatistics = {
  successful: 50,
  failed: 0,
  retransmissions: 0,
  unexpected: 0,
  current: 0,
  reasons: {},
};

it('answers 50 calls of sipp, 20 at a time, with no repeat', async () => {
  expect(await call('uas', 50)).toEqual(perfect);
  expect(engine.counts()).toMatchObject({ retransmissionsIn: 0, retransmissionsOut: 0 });
});

it('connects 50 calls of sipp to sipp, 20 at a time, with no repeat', async () => {
  expect(await call('through', 50)).toEqual(perfect);
  await vi.waitFor(() => expect(engine.counts().dialogs).toBe(0));
  expect(engine.counts()).toMatchObject({ retransmissionsIn: 0, retransmissionsOut: 0 });
});

it('an application in memory beside the one over TCP takes its turn', async () => {
  const server = createServer();
  const app = new (Srf as unknown as new () => SrfApp)();
  let taken = 0;
  app.invite((req, res) => {
    taken += 1;
    app.createUAS(req, res, { localSdp: sdp }).catch(() => undefined);
  });
  app.listen({ server, secret: 'not cymru' });
  engine.attach(server);
  await vi.waitFor(() => expect(engine.counts().apps).toBe(2));
  expect(await call('uas', 10)).toMatchObject({ successful: 10, failed: 0 });
  expect(taken).toBe(5);
  server.removeAllListeners('connection');
  app.disconnect();
});

it('leaves nothing: no dialog, no transaction, no timer', async () => {
  await vi.waitFor(
    () =>
      expect(engine.counts()).toMatchObject({
        dialogs: 0,
        transactions: 0,
        timers: 0,
        malformed: 0,
      }),
    { timeout: 20_000, interval: 100 },
  );
  expect(overTcp.idle).toBe(true);
});
