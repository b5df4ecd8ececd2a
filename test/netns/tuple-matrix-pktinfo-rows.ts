import assert from 'node:assert/strict';
import { once } from 'node:events';
import { runIn, type UdpPeer } from '@truetuple/lab';
import { says, patienceMs, type Hosts } from './tuple-matrix-hosts.ts';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import { complete, publicIp } from './tuple-matrix-situation.ts';

const port = '5060';
const advertised = `${publicIp}:${port}`;

/**
 * Everything is in place, and another program binds 0.0.0.0: it answers with IP_PKTINFO, a call that Node does not have.
 * What it shows without that call are W1 and W2. `program` is the path of answering-address.c, compiled.
 */
export function pktinfoRows(program: string): readonly TupleMatrixRow[] {
  return [
    row(
      'W3',
      'bound to 0.0.0.0, with IP_PKTINFO: an Internet peer is answered from the advertised tuple',
      complete,
      async (hosts) => assertAnswers(hosts, await hosts.peer(), program),
    ),
    row(
      'W4',
      'bound to 0.0.0.0, with IP_PKTINFO: a VPC client is answered from the advertised tuple',
      complete,
      async (hosts) => assertAnswers(hosts, await hosts.client(), program),
    ),
  ];
}

async function assertAnswers({ box }: Hosts, caller: UdpPeer, program: string): Promise<void> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const;
  const child = runIn(box.namespaces.pod, program, [port], { stdio: [...stdio] });
  const ended = once(child, 'exit');
  try {
    assert.ok(child.stdout, 'the program has a standard output');
    const early = ended.then(([status]) => [`it ended with ${String(status)}`]);
    const [said] = (await Promise.race([once(child.stdout, 'data'), early])) as [unknown];
    assert.equal(String(said), 'ready\n');
    await caller.send(advertised, 'call');
    const answer = await caller.waitFor(says('call'), patienceMs);
    assert.equal(answer.from, advertised);
  } finally {
    child.stdin?.end();
    await ended;
  }
  assert.deepEqual(await ended, [0, null]);
}
