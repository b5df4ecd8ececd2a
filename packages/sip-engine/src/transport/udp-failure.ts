import { SipEngineError, type SipEngineErrorCode } from '../errors.ts';
import { type Tuple, tupleText } from './tuple.ts';

interface Meaning {
  readonly code: SipEngineErrorCode;
  readonly remedy: string;
  readonly retry: 'now' | 'later' | 'never';
}

const unreachable: Meaning = {
  code: 'DestinationUnreachable',
  remedy: 'Check the address, the route to it (ip route get) and that the peer runs.',
  retry: 'later',
};
const overloaded: Meaning = {
  code: 'SendRefused',
  remedy: 'The kernel is short of buffers: send less at once, or raise net.core.wmem_max.',
  retry: 'now',
};

/** What the kernel's errno of a UDP socket means here. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    'EADDRINUSE',
    {
      code: 'AddressInUse',
      remedy: 'Find who holds the port (ss -lunp), stop it, or bind another one.',
      retry: 'later',
    },
  ],
  [
    'EADDRNOTAVAIL',
    {
      code: 'AddressNotAvailable',
      remedy: 'Bind an address that an interface of this network namespace has (ip address).',
      retry: 'later',
    },
  ],
  [
    'EACCES',
    {
      code: 'SendRefused',
      remedy: 'Ports under 1024 need CAP_NET_BIND_SERVICE; broadcast addresses are not for SIP.',
      retry: 'never',
    },
  ],
  [
    'EMSGSIZE',
    {
      code: 'MessageTooLong',
      remedy: 'A datagram holds 65,507 bytes at most: send less.',
      retry: 'never',
    },
  ],
  [
    'EPERM',
    {
      code: 'SendRefused',
      remedy: 'A firewall rule of this machine refuses it: look at nft list ruleset.',
      retry: 'later',
    },
  ],
  [
    'EINVAL',
    {
      code: 'SendRefused',
      remedy: 'This address cannot be reached from the address the socket is bound to.',
      retry: 'never',
    },
  ],
  ['ENETUNREACH', unreachable],
  ['EHOSTUNREACH', unreachable],
  ['ECONNREFUSED', unreachable],
  ['ENETDOWN', unreachable],
  ['ENOBUFS', overloaded],
  ['EAGAIN', overloaded],
]);

const unknown: Meaning = {
  code: 'SocketFailed',
  remedy: 'Read the cause; it comes from the operating system.',
  retry: 'later',
};

/** @param tried such as "bind udp 192.0.2.1:5060" */
export function udpFailure(tried: string, cause: Error): SipEngineError {
  const errno = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const { code, remedy, retry } = meanings.get(errno) ?? unknown;
  const message = `Tried to ${tried}: ${cause.message}`;
  return new SipEngineError({ code, message, remedy, retry, cause });
}

export function closedFailure(local: Tuple, destination: Tuple): SipEngineError {
  return new SipEngineError({
    code: 'TransportClosed',
    message: `Tried to send from udp ${tupleText(local)} to ${tupleText(destination)}, but the transport is closed`,
    remedy: 'Stop sending before the transport is closed, or open another one.',
    retry: 'never',
  });
}

export function invalidAddress(tried: string, { address, port }: Tuple): SipEngineError {
  return new SipEngineError({
    code: 'AddressInvalid',
    message: `Tried to ${tried}, but ${JSON.stringify(address)} with port ${port} is no tuple of this socket's address family`,
    remedy:
      'Give an IP address, not a name, of the family that the socket is bound to, and a port up to 65535.',
    retry: 'never',
  });
}
