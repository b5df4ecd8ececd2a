import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelPort } from '../kernel/kernel-port.ts';
import type { NodePorts } from '../node-ports.ts';
import type { KeepOptions } from './keeping.ts';
import type { StepReport } from '../report-step.ts';
import type { OpenWireWatch } from './wire-watch.ts';

/** What a keeper works with. */
export interface KeeperParts {
  readonly identity: PublicIdentity;
  readonly node: NodePorts;
  readonly identityDirectory: string;
  readonly kernel: KernelPort;
  readonly options: KeepOptions;
  readonly report: StepReport;
  /** As `options.wire` says; undefined: the wire is not asked. */
  readonly openWireWatch: OpenWireWatch | undefined;
  /** Told of each new value of the identity. */
  readonly onIdentity: (identity: PublicIdentity) => void;
}
