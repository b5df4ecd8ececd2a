// include/uapi/linux/sock_diag.h, inet_diag.h, include/net/tcp_states.h

/** SOCK_DIAG_BY_FAMILY, SOCK_DESTROY */
export const sockDiag = { byFamily: 20, destroy: 21 } as const;

/** IPPROTO_* */
export const socketProtocol = { tcp: 6, udp: 17, udplite: 136 } as const;

/** TCP_*; a UDP socket is `established` when connected, else `close`. */
export const socketState = {
  established: 1,
  synSent: 2,
  synReceived: 3,
  finWait1: 4,
  finWait2: 5,
  timeWait: 6,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  listen: 10,
  closing: 11,
} as const;

/** INET_DIAG_REQ_* */
export const diagRequest = { bytecode: 1 } as const;

/** INET_DIAG_BC_* */
export const diagBytecode = { sourceCondition: 7, destinationCondition: 8 } as const;

/** INET_DIAG_* that an answer holds. */
export const diagAttribute = {
  memory: 1,
  typeOfService: 5,
  trafficClass: 6,
  socketMemory: 7,
  shutdown: 8,
  ipv6Only: 11,
  mark: 15,
  cgroupId: 21,
  socketOptions: 22,
} as const;

/** SK_MEMINFO_*: indexes into INET_DIAG_SKMEMINFO. */
export const socketMemory = { receiveBuffer: 1, sendBuffer: 3, drops: 8 } as const;
