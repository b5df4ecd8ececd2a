import type { Cidr, Ipv4Address } from '../../identity/address.ts';
import type { Owner } from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface, Tag } from '../ec2/ec2-api.ts';
import type { CloudView } from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { assignAddresses } from './assign-addresses.ts';
import type { CoolDown } from './choose-address.ts';
import { isOfOtherBorderGroup } from './network-border-group.ts';
import { finishPlan, preparePlan, type PreparedPlan } from './plan-identity.ts';
import { planNothing, type WantedNothing } from './plan-nothing.ts';

/** One identity held by its owner on one private IP. */
export interface WantedIdentity {
  readonly kind: 'identity';
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  /** The private IP's. */
  readonly networkInterfaceId: string;
  /** Allocation ids that are not to be claimed. */
  readonly excluded: readonly string[];
  /** An allocation whose claim got no answer, or that was promised. */
  readonly preferred?: string | undefined;
  /** As of AddressWish. */
  readonly inherited?: string | undefined;
  /** Public addresses that a process before this one put on the link. */
  readonly standing?: readonly string[];
  /** The public IP, or allocation id, of the only address that will do. */
  readonly only?: string | undefined;
  /** Public IPs, or allocation ids, that will not do. */
  readonly never?: readonly string[];
  readonly coolDown?: CoolDown | undefined;
  /** As of AddressWish. */
  readonly nowMs?: number | undefined;
  /** When no address will do: how one more is made; undefined when none may be. */
  readonly allocation?: Allocation | undefined;
  /** The allocation that must be the one held; undefined before one is claimed. */
  readonly claimed?: string | undefined;
  /**
   * Associations that stand beyond doubt. One that is merely shown may have ended, and is claimed again: EC2 answers with the same
   * id if it stands. Undefined: what is shown is believed.
   */
  readonly proven?: readonly string[];
  /** What the view shows as ours and is to be written all the same; undefined: nothing. */
  readonly stale?: StaleHolding | undefined;
  /** True when we know that truetuple registered the private IP; the view may say so too. */
  readonly privateIpAssignedByUs: boolean;
  /** Routes are led to the address last, once the kernel is ready for it. */
  readonly withRoutes: boolean;
  /** The route tables to lead; undefined: all of the view. */
  readonly routeTableIds?: readonly string[];
  /** True where nobody deletes a route to an address that is let go: whoever has it next replaces it. */
  readonly leavesRoutes?: boolean;
}

/** What of a holding a describe may show from before the claim. */
export interface StaleHolding {
  readonly routeTableIds: readonly string[];
  readonly isRecordStale: boolean;
}

export interface Allocation {
  /** How many addresses the pool may have, all of them counted. */
  readonly upTo: number;
  /** The pool's among them. */
  readonly tags: readonly Tag[];
}

export type CloudWanted = WantedIdentity | WantedNothing;

/** Steps, or why there can be none. */
export type CloudPlan =
  | { readonly kind: 'steps'; readonly steps: readonly CloudStep[] }
  | { readonly kind: 'network-interface-gone' }
  /** The private IP carries a public address that is not of the pool. */
  | { readonly kind: 'foreign-address'; readonly publicIp: string }
  | { readonly kind: 'pool-empty' }
  /** The only one that will do is not in the pool, or not free, or reserved for another. */
  | { readonly kind: 'address-unavailable'; readonly address: string; readonly why: string }
  | {
      readonly kind: 'pool-exhausted';
      readonly addresses: number;
      readonly excluded: number;
      /** How many of them are of another network border group. */
      readonly elsewhere: number;
    }
  /** Those that would do, whoever has them, are all of another network border group than the network interface. */
  | {
      readonly kind: 'other-border-group';
      readonly addresses: readonly ElasticIp[];
      readonly eni: NetworkInterface;
      /** The only one that will do. */
      readonly only: string | undefined;
    }
  /** The address that was claimed is no longer on our private IP. */
  | { readonly kind: 'claim-lost'; readonly allocationId: string }
  /** A route to the public address that leads to no network interface, so not of our making. */
  | { readonly kind: 'foreign-route'; readonly routeTableId: string; readonly destination: Cidr };

/**
 * Plans the cloud's half of many identities at once, each as if it were alone but for the addresses: no two get the same one, and
 * none gets one that another has, is promised, or is about to give back. Each plan is what separates the view from what is wanted,
 * in an order in which each step may be the last one carried out. The answers are in the order of `wanted`.
 * @param taken Allocation ids of others, who are not planned for now.
 */
export function planCloud(
  wanted: readonly CloudWanted[],
  view: CloudView,
  taken: ReadonlySet<string> = new Set(),
): readonly CloudPlan[] {
  const prepared = wanted.map((one) =>
    one.kind === 'identity' ? preparePlan(one, view) : undefined,
  );
  const chosen = chooseForAll(wanted, prepared, taken);
  let allocated = 0;
  return wanted.map((one, index): CloudPlan => {
    switch (one.kind) {
      case 'identity': {
        const mine = prepared[index];
        if (mine?.kind !== 'prepared') return mine ?? { kind: 'network-interface-gone' };
        const plan = finishPlan(one, mine, chosen[index], allocated);
        if (plan.kind === 'steps' && plan.steps[0]?.kind === 'allocate-address') allocated += 1;
        return plan;
      }
      case 'nothing':
        return { kind: 'steps', steps: planNothing(one, view) };
      default:
        return one satisfies never;
    }
  });
}

/** A list of one. */
export function planAlone(wanted: CloudWanted, view: CloudView): CloudPlan {
  const [plan] = planCloud([wanted], view);
  if (plan === undefined) throw new Error('a list of one has one plan');
  return plan;
}

/** For each that has no address yet, the one to claim. */
function chooseForAll(
  wanted: readonly CloudWanted[],
  prepared: readonly (PreparedPlan | undefined)[],
  taken: ReadonlySet<string>,
): readonly (ElasticIp | undefined)[] {
  const spokenFor = new Map<string, number>();
  const speakFor = (idOf: (index: number) => string | undefined): void => {
    for (const index of wanted.keys()) {
      const id = idOf(index);
      if (id !== undefined && !spokenFor.has(id)) spokenFor.set(id, index);
    }
  };
  // what stands in EC2 is worth more than what was promised
  speakFor((index) => heldBy(prepared[index]));
  speakFor((index) => promisedTo(wanted[index]));
  return assignAddresses(
    wanted.map((one, index) => {
      const mine = prepared[index];
      const isServed = mine?.kind !== 'prepared' || mine.held !== undefined;
      if (one.kind !== 'identity' || isServed) return undefined;
      const { clean, eni } = mine;
      const mayHave = (address: ElasticIp): boolean =>
        !taken.has(address.allocationId) &&
        (spokenFor.get(address.allocationId) ?? index) === index &&
        !isOfOtherBorderGroup(address, eni);
      return { wish: one, pool: clean.addresses.filter(mayHave) };
    }),
  );
}

function heldBy(prepared: PreparedPlan | undefined): string | undefined {
  return prepared?.kind === 'prepared' ? prepared.held?.allocationId : undefined;
}

function promisedTo(wanted: CloudWanted | undefined): string | undefined {
  if (wanted?.kind === 'nothing') return wanted.claim?.allocationId;
  return wanted?.claimed ?? wanted?.preferred;
}
