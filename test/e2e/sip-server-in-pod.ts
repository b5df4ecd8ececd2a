import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runIn, type VpcBox } from '@truetuple/lab';
import type { SipServerInput } from './sip-server-child.ts';

/** A SIP server in the pod's namespace that applications connect to; disposing of it ends it and waits for that. */
export interface SipServerInPod extends AsyncDisposable {
  /** TCP, on the loopback address of the pod. */
  readonly port: number;
}

/** Starts sip-server-child.ts in the pod; resolves once it listens. Its standard error is the test's own. */
export async function sipServerInPod(box: VpcBox, input: SipServerInput): Promise<SipServerInPod> {
  const program = fileURLToPath(new URL('sip-server-child.ts', import.meta.url));
  const args = ['-C', 'truetuple-source', program, JSON.stringify(input)];
  const child = runIn(box.namespaces.pod, process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the SIP server has no standard streams');
  const exited = once(child, 'exit');
  const ended = exited.then(() => Promise.reject(new Error('the SIP server ended')));
  const [line] = (await Promise.race([once(createInterface(stdout), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return {
    port: Number(line),
    [Symbol.asyncDispose]: async () => {
      stdin.on('error', () => undefined);
      stdin.end();
      await exited;
    },
  };
}
