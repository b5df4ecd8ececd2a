import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { embeddedRelay } from '@truetuple/sip-gateway';
import {
  contractAddresses,
  contractPath,
} from '../../packages/sip-gateway/src/testing/media-relay-contract.ts';
import { RelayThread } from '../../packages/sip-gateway/src/adapters/embedded-relay/relay-thread.ts';
import { findProgram } from '../lab/src/socket/find-program.ts';

const parts = { pathTo: contractPath, addresses: Object.values(contractAddresses) };
const child = fileURLToPath(new URL('media-relay-nice-child.ts', import.meta.url));
const program = [process.execPath, '-C', 'truetuple-source', child];
const isRoot = process.getuid?.() === 0;
const setpriv = findProgram('setpriv');
if ((!isRoot || setpriv === undefined) && process.env['CI'] === 'true') {
  throw new Error('a nice value below 0 takes root, and setpriv (util-linux) to be without it');
}

/** Nice values of the relay's thread and of the main one, in a process of its own. */
function niceOf(command: readonly string[]): unknown {
  const [first = '', ...more] = command;
  return JSON.parse(execFileSync(first, more, { encoding: 'utf8' }));
}

describe("the relay's thread", () => {
  it('has the nice value that it was given, and no other thread has', async () => {
    const before = getPriority();
    await using relay = await closing(before + 3);
    expect((await relay.counts()).nice).toBe(before + 3);
    expect(getPriority()).toBe(before);
  });

  it.runIf(isRoot)('goes before the others of its process where that is allowed', () => {
    expect(niceOf(program)).toEqual({ relay: -10, here: getPriority() });
  });

  it.runIf(isRoot && setpriv !== undefined)('stays as the process is where it is not', () => {
    const without = ['setpriv', '--inh-caps=-sys_nice', '--bounding-set=-sys_nice', ...program];
    const here = getPriority();
    expect(niceOf(without)).toEqual({ relay: here, here });
  });

  it('collects its garbage in small portions', async () => {
    await using thread = await threadThat('resourceLimits');
    const limits = await thread.ask({ kind: 'statistics', callId: '' });
    expect(limits).toMatchObject({ maxYoungGenerationSizeMb: 3 });
  });

  it('is told of releases together with the next request, in order, and by themselves when none comes', async () => {
    await using thread = await threadThat('calls.map(({ request }) => request.callId)');
    const release = (callId: string): Promise<unknown> => thread.ask({ kind: 'release', callId });
    const [one, two, next] = await Promise.all([
      release('1'),
      release('2'),
      thread.ask({ kind: 'statistics', callId: '3' }),
    ]);
    expect([one, two, next]).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
    expect(await Promise.all([release('4'), release('5')])).toEqual([
      ['4', '5'],
      ['4', '5'],
    ]);
    expect(await thread.ask({ kind: 'statistics', callId: '6' })).toEqual(['6']);
  });
});

/** A thread whose worker answers everything with this expression. */
async function threadThat(answer: string): Promise<RelayThread & AsyncDisposable> {
  const source = `
    import { parentPort, resourceLimits } from 'node:worker_threads';
    parentPort.on('message', (calls) => {
      for (const { id, request } of calls) {
        parentPort.postMessage({ kind: 'done', id, result: ${answer} });
        if (request.kind === 'close') parentPort.close();
      }
    });`;
  const ports = { first: 26_000, last: 26_003 };
  const times = { quarantineMs: 60, mediaTimeoutMs: 120, tickMs: 10 };
  const worker = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const thread = await RelayThread.start(worker, { addresses: [], ports, ...times, nice: 0 });
  return Object.assign(thread, { [Symbol.asyncDispose]: () => thread.close() });
}

async function closing(
  nice: number,
): Promise<Awaited<ReturnType<typeof embeddedRelay>> & AsyncDisposable> {
  const relay = await embeddedRelay(parts, { nice });
  return { ...relay, [Symbol.asyncDispose]: () => relay.close() };
}
