import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { KernelPort } from '../../kernel/kernel-port.ts';
import type { NodePorts } from '../../node-ports.ts';
import { ManagedRegion } from '../../testing/managed-region.ts';

/** A node whose kernel puts no address on a link before it is let. */
function heldUp(node: NodePorts): { readonly node: NodePorts; readonly goOn: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const openKernel = async (): Promise<KernelPort> => {
    const kernel = await node.openKernel();
    return {
      ...kernel,
      apply: async (step) => {
        if (step.kind === 'add-address') await promise;
        await kernel.apply(step);
      },
    };
  };
  return { node: { ...node, openKernel }, goOn: resolve };
}

describe('two processes of one pod', () => {
  it('who made the claim, and is aborted, leaves it to who has taken it up since', async () => {
    const region = new ManagedRegion();
    region.control();
    const pod = region.pod('gateway-0');
    const stop = new AbortController();
    const first = heldUp(pod.start().node);
    const made = ensurePublicIdentity(pod.spec, { node: first.node, signal: stop.signal });
    const refused = expect(made).rejects.toMatchObject({ code: 'Aborted' });
    await region.clock.advance(5000);
    const second = await region.run(ensurePublicIdentity(pod.spec, { node: pod.start().node }));
    const keeping = await second.keep();
    stop.abort();
    first.goOn();
    await region.run(refused);
    await region.clock.advance(60_000);
    expect(region.carriedBy(pod)).toBe(second.identity.publicIp);
    expect(await region.claims.list()).toMatchObject([{ isDeleting: false }]);
    expect(JSON.stringify(pod.kernel.snapshot().links)).toContain(second.identity.publicIp);
    expect(await pod.publisher.current()).toEqual(second.identity);
    await keeping.close();
    await region.close();
  });
});
