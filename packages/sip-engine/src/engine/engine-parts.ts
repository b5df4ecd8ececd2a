import type { DialogTable } from '../dialog/dialog-table.ts';
import type { SipEngineLimits } from '../engine.ts';
import type { GuardRefusal } from '../guard/send-gate.ts';
import type { HostPort } from '../message/host-port.ts';
import type { Resolver } from '../resolver/resolver.ts';
import type { TransactionPorts } from '../transaction/ports.ts';
import type { TransactionTiming } from '../transaction/timing.ts';
import type { Clock } from '../transport/clock.ts';
import type { PathTo } from '../transport/send-path.ts';
import type { Transport } from '../transport/transport.ts';
import type { AppConnection } from '../wire/app-connection.ts';

/** What an engine is put together from, every default filled in. */
export interface EngineParts {
  readonly transports: readonly Transport[];
  readonly secret: string;
  readonly limits: SipEngineLimits;
  readonly clock: Clock;
  readonly timing: TransactionTiming;
  readonly token: () => string;
  readonly newId: () => string;
  readonly tagFor: TransactionPorts['tagFor'];
  readonly resolver: Resolver;
  readonly supported: readonly string[];
  readonly dialogs: DialogTable<AppConnection>;
  readonly contact: HostPort | undefined;
  readonly pathTo: PathTo;
  readonly names: readonly string[];
  readonly acceptsFrom: TransactionPorts['acceptsFrom'];
  readonly onGuardRefusal: (refusal: GuardRefusal) => void;
}
