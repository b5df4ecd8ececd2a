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
    const says = new URL(
      `data:text/javascript,${encodeURIComponent(
        `import { parentPort, resourceLimits } from 'node:worker_threads';
         parentPort.on('message', ({ id, request }) => {
           parentPort.postMessage({ kind: 'done', id, result: resourceLimits });
           if (request.kind === 'close') parentPort.close();
         });`,
      )}`,
    );
    const ports = { first: 26_000, last: 26_003 };
    const times = { quarantineMs: 60, mediaTimeoutMs: 120, tickMs: 10 };
    const thread = await RelayThread.start(says, { addresses: [], ports, ...times, nice: 0 });
    const limits = await thread.ask({ kind: 'statistics', callId: '' });
    await thread.close();
    expect(limits).toMatchObject({ maxYoungGenerationSizeMb: 3 });
  });
});

async function closing(
  nice: number,
): Promise<Awaited<ReturnType<typeof embeddedRelay>> & AsyncDisposable> {
  const relay = await embeddedRelay(parts, { nice });
  return { ...relay, [Symbol.asyncDispose]: () => relay.close() };
}
