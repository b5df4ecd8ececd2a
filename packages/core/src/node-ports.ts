import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import type { IdentityGrant } from './cloud/identity-grant.ts';
import type { Clock } from './identity/clock.ts';
import type { IdentitySpec } from './identity/identity-spec.ts';
import type { Publisher } from './identity/publisher.ts';
import type { KernelPort } from './kernel/kernel-port.ts';
import type { DatagramPort, RandomBytes } from './verify/datagram-port.ts';

/**
 * Everything outside that the verbs need. The real one is `thisNode()`; `simulatedNode()` of ./testing
 * needs no AWS, no root and no cluster.
 */
export interface NodePorts {
  readonly clock: Clock;
  /** The grant for a pool; opened once a verb, by a keep once more to watch it. */
  openGrant(where: Pick<IdentitySpec, 'region' | 'pool'>): Promise<IdentityGrant>;
  /** The kernel of the namespace this process is in; the verb closes it. */
  openKernel(): Promise<KernelPort>;
  openPublisher(identityDirectory: string): Publisher;
  /** EC2 itself, to look and to change nothing; absent where this process holds no rights there. */
  openEc2?(region: string): Promise<Ec2Api>;
  /** UDP of that same namespace. */
  readonly datagrams: DatagramPort;
  readonly randomBytes: RandomBytes;
}
