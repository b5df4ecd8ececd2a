import { parseIpPrefix } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import type { SocketFilter } from './socket.ts';

/** The family that a filter is about; undefined: both. */
export function familyOfFilter({ family, local, remote }: SocketFilter): Family | undefined {
  const prefix = local ?? remote;
  return prefix === undefined ? family : (family ?? parseIpPrefix(prefix).family);
}
