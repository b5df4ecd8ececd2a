import type { Cleared, SendGate } from '../guard/send-gate.ts';
import type { DialogTable } from '../dialog/dialog-table.ts';
import type { LiveDialog } from '../dialog/live-dialog.ts';
import { usualName } from '../dialog/compose.ts';
import { withHeaders } from '../message/header-list.ts';
import { hostPortText } from '../message/host-port.ts';
import type { SipMessage } from '../message/message.ts';
import { serialiseMessage } from '../message/serialise-message.ts';
import type { Resolver } from '../resolver/resolver.ts';
import type { TransactionLayer } from '../transaction/transaction-layer.ts';
import type { TransactionTiming } from '../transaction/timing.ts';
import type { Clock } from '../transport/clock.ts';
import type { PathTo, SendPath } from '../transport/send-path.ts';
import type { Transport } from '../transport/transport.ts';
import type { Tuple } from '../transport/tuple.ts';
import type { AppConnection } from '../wire/app-connection.ts';
import type { AppDirectory } from '../wire/app-directory.ts';
import type { WireSip } from '../wire/engine-message.ts';

export type EngineDialog = LiveDialog<AppConnection>;

/** What the parts of one engine share. */
export interface EngineContext {
  readonly clock: Clock;
  readonly timing: TransactionTiming;
  /** Random letters and digits: branches, tags, Call-IDs. */
  readonly token: () => string;
  /** Ids of transactions, as applications know them. */
  readonly newId: () => string;
  readonly transactions: TransactionLayer;
  readonly dialogs: DialogTable<AppConnection>;
  readonly apps: AppDirectory;
  readonly transports: readonly Transport[];
  readonly pathTo: PathTo;
  readonly acceptsFrom: (source: Tuple) => boolean;
  readonly gate: SendGate;
  /** What every branch of ours ends with: a request that comes back is known by it. */
  readonly branchMark: string;
  readonly resolver: Resolver;
  /** Option tags that a Require may name (8.2.2.3). */
  readonly supported: readonly string[];
  readonly dialogLimit: number;
  readonly isDraining: () => boolean;
}

/** host:port that we write for peers on this path. */
export function oursOn(path: SendPath): string {
  return hostPortText(path.advertised);
}

/** A branch that nobody else has, and that shows it is ours (8.1.1.7). */
export function newBranch({ token, branchMark }: EngineContext): string {
  return `z9hG4bK${token()}${branchMark}`;
}

/** A random whole number from 0 up to, and without, `end`: at most 2^32, so that a token's last eight characters hold it. */
export function drawBelow({ token }: Pick<EngineContext, 'token'>, end: number): number {
  return Number.parseInt(token().slice(-8), 36) % end;
}

/** A message of ours as an application is told of it: the echo of what goes out. */
export function sentSip(
  { message, bytes, way }: Cleared,
  names: { readonly transactionId: string; readonly dialogId: string | undefined },
  peer: { readonly tuple: Tuple; readonly protocol?: string } = {
    tuple: way.path.transport.localAddress,
  },
): WireSip {
  return wireSip(message, peer, names, bytes);
}

/**
 * A message as an application is told of it.
 * @param bytes the message as it is written, where somebody has it
 */
export function wireSip(
  message: SipMessage,
  peer: { readonly tuple: Tuple; readonly protocol?: string },
  names: { readonly transactionId: string; readonly dialogId: string | undefined },
  bytes?: Uint8Array,
): WireSip {
  const told = expanded(message);
  return {
    bytes: told === message && bytes !== undefined ? bytes : serialiseMessage(told),
    peer: {
      protocol: peer.protocol ?? 'udp',
      address: peer.tuple.address,
      port: peer.tuple.port,
    },
    transactionId: names.transactionId,
    dialogId: names.dialogId,
  };
}

/** drachtio-srf knows only some of the compact names (not r, x, b, o, u): it gets the full ones. */
function expanded(message: SipMessage): SipMessage {
  if (!hasCompactName(message)) return message;
  return withHeaders(
    message,
    message.headers.map((field) =>
      field.name.length > 1 ? field : { ...field, name: usualName(field.key) },
    ),
  );
}

function hasCompactName({ headers }: SipMessage): boolean {
  for (const { name } of headers) if (name.length === 1) return true;
  return false;
}
