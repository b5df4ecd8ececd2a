import { CoreError } from '../../errors.ts';
import { aroundEc2, isRead } from '../ec2/around-ec2.ts';
import type { Ec2Api } from '../ec2/ec2-api.ts';
import type { ClaimStore } from './claim-store.ts';
import type { WriterLease } from './writer-lease.ts';

/** An Ec2Api that writes only while the lease is held: asked when the call is made, after every wait for its turn. */
export function fenceEc2(ec2: Ec2Api, lease: WriterLease): Ec2Api {
  return aroundEc2(ec2, async (action, call, make) => {
    if (!isRead(action)) requireLease(lease, action);
    return make(call);
  });
}

/** A ClaimStore that writes only while the lease is held. */
export function fenceClaims(claims: ClaimStore, lease: WriterLease): ClaimStore {
  return {
    create: (claim) => fenced(lease, 'create', () => claims.create(claim)),
    get: (key) => claims.get(key),
    list: () => claims.list(),
    update: (claim) => fenced(lease, 'update', () => claims.update(claim)),
    updateStatus: (claim) => fenced(lease, 'updateStatus', () => claims.updateStatus(claim)),
    delete: (claim) => fenced(lease, 'delete', () => claims.delete(claim)),
    watch: (onChange, only) => claims.watch(onChange, only),
  };
}

async function fenced<Answer>(
  lease: WriterLease,
  tried: string,
  write: () => Promise<Answer>,
): Promise<Answer> {
  requireLease(lease, tried);
  return write();
}

function requireLease(lease: WriterLease, tried: string): void {
  if (lease.isHeld()) return;
  throw new CoreError({
    code: 'LeaseLost',
    message: `${tried} was not called: another controller may hold the lease`,
    remedy: 'Nothing: the controller that holds the lease goes on.',
    retry: 'later',
  });
}
