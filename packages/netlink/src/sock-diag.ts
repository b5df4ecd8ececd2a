/** The sockets of a network namespace: what imports it pays for it, and nobody else. */
export { openSockDiag } from './sock-diag/sock-diag.ts';
export type { SockDiag, SockDiagVerbs } from './sock-diag/sock-diag.ts';
export { findSocketOwners } from './sock-diag/socket-owners.ts';
export type { SocketOwner } from './sock-diag/socket-owners.ts';
export type {
  Socket,
  SocketFilter,
  SocketId,
  SocketProtocol,
  SocketState,
} from './sock-diag/socket.ts';
export type { Sockets } from './sock-diag/sockets.ts';
