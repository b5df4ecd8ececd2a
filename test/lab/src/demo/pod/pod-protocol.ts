import type { IdentitySpecInput, PublicIdentity, StepEvent } from '@truetuple/core';
import type { GatewayPlan } from './pod-gateway.ts';
import type { PeerClass, Role, Tuple } from '../traffic/flow.ts';
import type { FlowTally } from '../traffic/tally.ts';

/** Where the pod's process finds its world. */
export type PodWorld =
  /** This process is in the pod's network namespace; EC2 is reached over its eth0. */
  | { readonly kind: 'kernel' }
  /** A fake kernel inside this process; sockets on 127.0.0.1. */
  | { readonly kind: 'loopback'; readonly link: LoopbackLink };

/** The links that the fake kernel starts with. */
export interface LoopbackLink {
  readonly macAddress: string;
  readonly privateIp: string;
  readonly prefixLength: number;
}

/** One call that the pod makes: `count` packets of a flow to a tuple. */
export interface PodCall {
  readonly flow: string;
  readonly peer: PeerClass;
  readonly role: Role;
  readonly to: Tuple;
}

/** A user-space NAT in front of a host: what is sent to `door` arrives at `to` from another port. */
export interface NatDoor {
  readonly to: Tuple;
  readonly door: Tuple;
}

/** What the demo says to the pod's process. */
export type PodCommand =
  | {
      readonly kind: 'begin';
      readonly world: PodWorld;
      readonly ec2Endpoint: string;
      readonly spec: IdentitySpecInput;
      /** Which address the pod writes into its packets; a sabotage says `private`. */
      readonly advertise: 'public' | 'private';
      /** Added to the RTP port that is bound, not to the one that is advertised; 0 unless sabotaged. */
      readonly rtpPortShift: number;
      /** How many packets make an incoming flow complete. */
      readonly wanted: number;
    }
  | { readonly kind: 'drop-rules' }
  | {
      readonly kind: 'call';
      readonly calls: readonly PodCall[];
      readonly paceMs: number;
    }
  /** Before any traffic; answered by `doors-known`. */
  | { readonly kind: 'know-doors'; readonly doors: readonly NatDoor[] }
  | { readonly kind: 'tell-tally' }
  /** Gives the traffic's ports to a gateway, which takes calls from `takes-calls` on. */
  | { readonly kind: 'take-calls'; readonly plan: GatewayPlan };

/** What the pod's process says to the demo. */
export type PodEvent =
  | { readonly kind: 'step'; readonly event: StepEvent }
  | {
      readonly kind: 'held';
      readonly identity: PublicIdentity;
      /** From the call of ensurePublicIdentity to its result. */
      readonly readyMs: number;
      /** What it advertises for each role. */
      readonly advertised: Readonly<Record<Role, string>>;
    }
  | { readonly kind: 'rules-dropped'; readonly count: number }
  | { readonly kind: 'doors-known' }
  | { readonly kind: 'takes-calls' }
  | { readonly kind: 'called'; readonly flow: string; readonly sent: number }
  | { readonly kind: 'complete'; readonly flow: string }
  | {
      readonly kind: 'tally';
      readonly received: Readonly<Record<string, FlowTally>>;
      readonly replied: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
    };
