// include/uapi/linux/netlink.h

export const messageType = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

export const messageFlag = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  dumpInterrupted: 0x10,
  /** NLM_F_ROOT | NLM_F_MATCH */
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  /** On an answer: the original request is not echoed after its header. */
  capped: 0x100,
  /** On an answer: extended ACK attributes follow. */
  ackTlvs: 0x200,
} as const;

export const extendedAck = { message: 1, offset: 2, missingType: 5, missingNest: 6 } as const;

export const netlinkProtocol = { route: 0, sockDiag: 4, netfilter: 12 } as const;
export const netlinkSocketLevel = 270;
export const netlinkOption = {
  addMembership: 1,
  capAck: 10,
  extAck: 11,
  strictCheck: 12,
} as const;
