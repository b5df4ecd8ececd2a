import type { FlowWay, PeerClass, Role } from '../traffic/flow.ts';

export const reportSchema = 'truetuple.demo/v2';

/** kernel: real packets through network namespaces. loopback: the same flow on simulators and 127.0.0.1. */
export type Level = 'kernel' | 'loopback';

export type Sabotage =
  | 'drop-rule'
  | 'advertise-private'
  | 'wrong-port'
  | 'wrong-contact'
  | 'wrong-connection-address'
  | 'wrong-rtp-source'
  | 'no-release'
  | 'no-route';

/** Everything the demo found out; what `--json` writes. Times in milliseconds. */
export interface DemoReport {
  readonly schema: typeof reportSchema;
  readonly level: Level;
  /** How the level was chosen, in a sentence. */
  readonly levelReason: string;
  readonly sabotage?: Sabotage;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly machine: { readonly platform: string; readonly kernel: string; readonly node: string };
  /** Act 1. */
  readonly stockPath: readonly StockRow[];
  /** Act 1: calls through the gateway of act 2, on eth0. Empty where they could not be made. */
  readonly stockCalls: readonly CallRow[];
  /** From the pod's call of ensurePublicIdentity to the identity in its hands. */
  readonly readyMs: number;
  readonly identity: IdentityFacts;
  readonly steps: readonly StepRow[];
  /** Act 2. */
  readonly flows: readonly FlowRow[];
  /** Act 2: calls through a gateway on the identity. Empty where they could not be made. */
  readonly calls: readonly CallRow[];
  /** Act 3. */
  readonly crash: CrashFacts;
  /** What is left of ours after the reaper, with its place; empty when the promise holds. */
  readonly leaked: readonly Leftover[];
  /** What this run does not show. */
  readonly notProven: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly ok: boolean;
}

/** A line of act 1: what an app on eth0 says of itself, what a peer sees, and what calls to it meet. */
export interface StockRow {
  readonly name: string;
  readonly advertised: string;
  /** Distinct source tuples at the peer. */
  readonly observed: readonly string[];
  readonly observedBy: ObservedBy;
  /** Calls to the advertised tuple. */
  readonly sent: number;
  readonly arrived: number;
  /**
   * An answer to the observed tuple, sent after the calls, reached the app: what is missing of them was lost
   * on its way, and is not the silence of a dead network.
   */
  readonly answered: boolean;
  /** The last place that saw such a call; undefined when all arrived. */
  readonly diesAt?: string;
}

export type ObservedBy = 'capture' | 'receiving socket';

export interface IdentityFacts {
  readonly publicIp: string;
  readonly privateIp: string;
  readonly linkName: string;
  readonly networkInterfaceId: string;
  readonly allocationId: string;
}

export interface StepRow {
  readonly half: 'cloud' | 'kernel' | 'publish';
  readonly name: string;
  readonly sentence: string;
  readonly command: string;
  /** When it was done, since the call. */
  readonly atMs: number;
  readonly durationMs: number;
}

export interface FlowRow {
  readonly name: string;
  readonly peer: PeerClass;
  readonly role: Role;
  readonly way: FlowWay;
  /** In words, such as `Internet peer`. */
  readonly from: string;
  readonly to: string;
  /** The tuple that the sender's packets say it is reached at, as they were received. */
  readonly advertised: string;
  /** Distinct source tuples at the receiving host. */
  readonly observed: readonly string[];
  readonly observedBy: ObservedBy;
  /** Packets that should have been sent. */
  readonly wanted: number;
  readonly sent: number;
  /** Distinct packets at the receiving host's link. */
  readonly received: number;
  /** Distinct packets that the receiving application got. */
  readonly receivedByApplication: number;
  readonly lost: number;
  /** Packets beyond the first of each number, at the link or the application: a loop or a duplicate. */
  readonly repeated: number;
  /** Where anyone can look: a file of `--pcap` and the bytes that mark the flow. */
  readonly capture?: { readonly file: string; readonly mark: string };
}

/** inward: from the Internet through the gateway into the VPC; outward: the other way round. */
export type CallDirection = 'inward' | 'outward';

/** One call, as the links of both far sides had it. */
export interface CallRow {
  /** Stable: `inward-call`, `outward-call`. */
  readonly name: string;
  readonly direction: CallDirection;
  /** The tuple that was called: what the gateway says that it is. */
  readonly called: string;
  /** From the caller's INVITE to its 200; absent when it got none. */
  readonly setUpMs?: number;
  /** Every tuple that the gateway told either far side: Contact, Via of requests, c= and m=. */
  readonly advertised: readonly string[];
  /** Every source tuple of what came from it to either far side, SIP and RTP. */
  readonly observed: readonly string[];
  /** RTP packets that each side should have sent. */
  readonly wanted: number;
  /** By both far sides together. */
  readonly rtpSent: number;
  /** By both far sides together: distinct packets at their links. */
  readonly rtpReceived: number;
  /** At the Internet's side: in headers, in SDP, as a source; what that side had said itself is exempt. */
  readonly privateAddressesSeen: readonly PrivateAddress[];
  /** Packets that the Internet gateway dropped meanwhile; absent where there is none. */
  readonly dropped?: number;
  readonly legs: readonly CallLeg[];
}

/** What one far side was told, saw, sent and got of a call. */
export interface CallLeg {
  readonly peer: PeerClass;
  /** Its INVITE, or that to it, was answered with 2xx and acknowledged. */
  readonly answered: boolean;
  /** A BYE was answered with 2xx. */
  readonly ended: boolean;
  readonly sip: TupleFacts;
  readonly rtp: TupleFacts;
  /** Distinct RTP packets on its link. */
  readonly rtpSent: number;
  readonly rtpReceived: number;
  readonly privateAddressesSeen: readonly PrivateAddress[];
  /** The capture's file in `--pcap`. */
  readonly capture?: { readonly file: string };
}

export interface TupleFacts {
  /** Distinct tuples that the gateway's messages name as its own. */
  readonly advertised: readonly string[];
  /** Distinct source tuples of what came from it. */
  readonly observed: readonly string[];
}

export interface PrivateAddress {
  readonly address: string;
  /** The header field or line, or `source`. */
  readonly where: string;
}

export interface CrashFacts {
  /** RTP packets that the less lucky far side had heard of a call that was up when the kill came; 0 without one. */
  readonly rtpInCall: number;
  /** What the pod's process died of; null when it had ended by itself. */
  readonly signal: NodeJS.Signals | null;
  /** What the dead pod left, just before the reaper looked. */
  readonly leftByPod: readonly Leftover[];
  /** What the reaper said it would do, in a dry run. */
  readonly dryRun: readonly string[];
  /** Writes to EC2 during the dry run. */
  readonly dryRunWrites: number;
  readonly reaped: readonly string[];
  /** What the reaper could not do, with EC2's reason. */
  readonly reapFailures: readonly string[];
  readonly reapMs: number;
}

export interface Leftover {
  readonly where: 'ec2' | 'kernel' | 'process' | 'file';
  readonly what: string;
}

/** One promise and whether it held. */
export interface Verdict {
  /** Stable. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found, in a sentence. */
  readonly why: string;
}
