import {
  controlClaims,
  directGrant,
  governedEc2,
  managedGrant,
  RequestLanes,
  type IdentityGrant,
} from '@truetuple/core';
import { MemoryClaimStore, type ManualClock, type SimulatedEc2 } from '@truetuple/core/testing';

/**
 * Who calls EC2: each pod for itself with a governor of its own; one process that does for each what the pod would; or a
 * controller that plans for all at once, asked by claims.
 */
export type Design = 'managed controller' | 'one process for all' | 'a process for each pod';

/** What grants of a design stand on. */
export interface GrantsParts {
  readonly clock: ManualClock;
  readonly ec2: SimulatedEc2;
  readonly random: () => number;
  readonly pool: string;
  /** UIDs of the pods that live. */
  readonly uids: readonly string[];
}

/** How a process that starts gets its grant. */
export interface Grants {
  readonly open: () => IdentityGrant;
  readonly close: () => Promise<void>;
}

/** A controller leaves a tenth of each bucket to others of the account. */
const shareOfAll = 0.9;

async function closeNothing(): Promise<void> {}

/** What processes of one design share, made once. */
export function grantsOf(design: Design, parts: GrantsParts): Grants {
  const { clock, ec2, random } = parts;
  switch (design) {
    case 'managed controller': {
      const claims = new MemoryClaimStore();
      const pods = parts.uids.map((uid) => ({ uid, privateIps: 'unknown' as const }));
      const control = controlClaims(
        {
          ec2,
          lanes: new RequestLanes({ clock, random }, { share: shareOfAll }),
          claims,
          lease: { isHeld: () => true, whenHeld: async () => {} },
          live: { livePods: async () => ({ complete: true, pods }) },
          clock,
        },
        { pool: parts.pool },
      );
      return { open: () => managedGrant({ claims, clock }), close: () => control.close() };
    }
    case 'one process for all': {
      const lanes = new RequestLanes({ clock, random }, { share: shareOfAll });
      const calls = governedEc2({ ec2, lanes, clock });
      return { open: () => directGrant({ ec2: calls, clock }), close: closeNothing };
    }
    case 'a process for each pod': {
      const open = (): IdentityGrant => {
        const lanes = new RequestLanes({ clock, random });
        return directGrant({ ec2: governedEc2({ ec2, lanes, clock }), clock });
      };
      return { open, close: closeNothing };
    }
    default:
      return design satisfies never;
  }
}
