import type { IdentityGrant } from './cloud/identity-grant.ts';
import type { Clock } from './identity/clock.ts';
import type { IdentitySpec } from './identity/identity-spec.ts';
import type { Publisher } from './identity/publisher.ts';
import type { KernelPort } from './kernel/kernel-port.ts';

/**
 * Everything outside that the verbs need. The real one is `thisNode()`; `simulatedNode()` of ./testing
 * needs no AWS, no root and no cluster.
 */
export interface NodePorts {
  readonly clock: Clock;
  /** The grant for a pool; opened once a verb. */
  openGrant(where: Pick<IdentitySpec, 'region' | 'pool'>): Promise<IdentityGrant>;
  /** The kernel of the namespace this process is in; the verb closes it. */
  openKernel(): Promise<KernelPort>;
  openPublisher(identityDirectory: string): Publisher;
}
