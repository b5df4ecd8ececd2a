import { expect, it, vi } from 'vitest';
import type { Ipv4Address } from '../../address.ts';
import { embeddedRelay } from './embedded-relay.ts';

const refusal = Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' });

// what Node throws for a thread that the kernel refuses
vi.mock('node:worker_threads', () => ({
  Worker: vi.fn<() => never>(function refuse() {
    throw refusal;
  }),
}));

function pathTo(): never {
  throw new Error('nobody is called');
}

it('says what to do when the kernel has no thread for the relay, and that it may work later', async () => {
  const address = '10.0.2.128' as Ipv4Address;
  await expect(embeddedRelay({ pathTo, addresses: [address] })).rejects.toMatchObject({
    code: 'MediaRelayUnreachable',
    message: 'The thread of the media relay could not be started: EAGAIN.',
    remedy: expect.stringContaining('pids.max') as string,
    retry: 'later',
    cause: refusal,
  });
});
