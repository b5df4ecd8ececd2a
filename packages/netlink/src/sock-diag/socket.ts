import type { socketProtocol, socketState } from '../schema/sock-diag.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';

/** The protocols whose sockets can be listed (struct inet_diag_req_v2, sdiag_protocol). */
export type SocketProtocol = keyof typeof socketProtocol;
/** A number for one without a name. */
export type SocketState = keyof typeof socketState | number;

/** What names one socket for as long as it lives (struct inet_diag_sockid). */
export interface SocketId {
  readonly protocol: SocketProtocol;
  readonly family: Family;
  readonly localAddress: string;
  readonly localPort: number;
  /** `0.0.0.0` or `::` and port 0: not connected. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The link that it is bound to; 0: none. */
  readonly linkIndex: number;
  /** Of no other socket of this kernel since it booted; 16 hexadecimal digits. */
  readonly cookie: string;
}

/** A socket as the kernel reports it. */
export interface Socket extends SocketId {
  readonly state: SocketState;
  /** Bytes that nobody has read; of a listener: connections that nobody has accepted. */
  readonly receiveQueue: number;
  /** Bytes that have not left or are not acknowledged; of a listener: how many connections may wait. */
  readonly sendQueue: number;
  readonly uid: number;
  /** As /proc/<pid>/fd shows it: `socket:[inode]`. 0: no process holds it any more. */
  readonly inode: number;
  /** An IPv6 socket that takes no IPv4. */
  readonly ipv6Only?: boolean;
  /** SO_MARK; told with CAP_NET_ADMIN only. */
  readonly mark?: number;
  /** SO_RCVBUF and SO_SNDBUF, and what was dropped because the first was full. */
  readonly receiveBuffer?: number;
  readonly sendBuffer?: number;
  readonly drops?: number;
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** Which sockets to list; the kernel filters. */
export interface SocketFilter {
  readonly protocol: SocketProtocol;
  /** Left out: both. An IPv6 socket may serve IPv4, too. */
  readonly family?: Family;
  readonly localPort?: number;
  readonly remotePort?: number;
  /** An address, or a prefix such as `10.0.2.0/24`. */
  readonly local?: string;
  readonly remote?: string;
  /** Left out: every one. */
  readonly states?: readonly (keyof typeof socketState)[];
}
