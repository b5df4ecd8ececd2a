import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseSippStatistics, type SippStatistics } from '@truetuple/lab';
import { besideBare, type BesideBare } from './beside-bare.ts';
import { RunningServer } from './running-server.ts';
import { places, rates, type Settings } from './settings.ts';

/** sipp's own account: a caller and a callee that were not written here. */
export interface SippFigures {
  readonly rate: number;
  readonly calls: number;
  readonly failed: number;
  readonly retransmissions: number;
  readonly cpuUsPerCall: number;
}

const run = promisify(execFile);

/** createB2BUA between two sipp processes, their built-in scenarios `uac` and `uas`. */
export async function measureSipp(settings: Settings): Promise<BesideBare<SippFigures>> {
  const [beside] = await besideBare(settings, [() => measureBetween(settings)]);
  if (beside === undefined) throw new Error('Nothing was played between two sipp processes.');
  return beside;
}

async function measureBetween({ warmUpSeconds, sippSeconds }: Settings): Promise<SippFigures> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'truetuple-bench-sip-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const server = opened.use(await RunningServer.start('b2bua'));
  const { address, port } = places.callee;
  const where = ['-i', address, '-p', String(port), '-nostdin'];
  const callee = spawn('sipp', ['-sn', 'uas', ...where], { cwd: folder, stdio: 'ignore' });
  await once(callee, 'spawn');
  opened.defer(async () => {
    const gone = once(callee, 'exit');
    callee.kill('SIGKILL');
    await gone;
  });
  const rate = rates.b2bua;
  await place(folder, rate, warmUpSeconds);
  const before = await server.account();
  const told = await place(folder, rate, sippSeconds);
  const after = await server.account();
  const { failed, retransmissions } = told;
  const calls = told.successful + failed + told.current;
  return {
    rate,
    calls,
    failed,
    retransmissions,
    cpuUsPerCall: (after.cpuUs - before.cpuUs) / calls,
  };
}

/** Calls at this rate; sipp exits with 1 when one fails, and its account says so. */
async function place(folder: string, rate: number, seconds: number): Promise<SippStatistics> {
  const statistics = join(folder, 'uac.csv');
  const { caller, server } = places;
  const load = ['-m', String(rate * seconds), '-r', String(rate), '-l', String(10 * rate)];
  const record = ['-trace_stat', '-stf', statistics, '-fd', '1', '-nostdin'];
  const where = ['-i', caller.address, `${server.address}:5061`];
  await run('sipp', ['-sn', 'uac', ...load, ...record, ...where], { cwd: folder }).catch(
    (error: Error & { code?: unknown }) => {
      if (error.code !== 1) throw error;
    },
  );
  return parseSippStatistics(await readFile(statistics, 'utf8'));
}
