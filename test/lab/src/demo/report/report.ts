import type { FlowWay, PeerClass, Role } from '../traffic/flow.ts';

export const reportSchema = 'truetuple.demo/v1';

/** kernel: real packets through network namespaces. loopback: the same flow on simulators and 127.0.0.1. */
export type Level = 'kernel' | 'loopback';

export type Sabotage = 'drop-rule' | 'advertise-private' | 'wrong-port' | 'no-release' | 'no-route';

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
  /** From the pod's call of ensurePublicIdentity to the identity in its hands. */
  readonly readyMs: number;
  readonly identity: IdentityFacts;
  readonly steps: readonly StepRow[];
  /** Act 2. */
  readonly flows: readonly FlowRow[];
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

export interface CrashFacts {
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
