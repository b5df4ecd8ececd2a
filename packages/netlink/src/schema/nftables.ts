// include/uapi/linux/netfilter/nfnetlink.h, nf_tables.h, nf_nat.h, include/uapi/linux/netfilter.h

/** NFNL_SUBSYS_NFTABLES: the high byte of every message type below. */
export const nftSubsystem = 10;

/** NFNLGRP_NFTABLES: what changes in the ruleset. */
export const nftablesGroup = 7;
export const batchMessage = { begin: 0x10, end: 0x11 } as const;
/** NFNL_BATCH_GENID */
export const batchGenerationId = 1;

/** NFT_MSG_* with the subsystem */
export const nftMessage = {
  newTable: 0x0a00,
  getTable: 0x0a01,
  deleteTable: 0x0a02,
  newChain: 0x0a03,
  getChain: 0x0a04,
  deleteChain: 0x0a05,
  newRule: 0x0a06,
  getRule: 0x0a07,
  deleteRule: 0x0a08,
  newSet: 0x0a09,
  getSet: 0x0a0a,
  deleteSet: 0x0a0b,
  newElement: 0x0a0c,
  getElement: 0x0a0d,
  deleteElement: 0x0a0e,
  newGeneration: 0x0a0f,
  getGeneration: 0x0a10,
  newObject: 0x0a12,
  getObject: 0x0a13,
  deleteObject: 0x0a14,
  getObjectReset: 0x0a15,
} as const;

/** NFPROTO_* */
export const nftFamily = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 } as const;

/** NF_INET_* */
export const inetHook = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
  ingress: 5,
} as const;
/** NF_NETDEV_* */
export const netdevHook = { ingress: 0, egress: 1 } as const;

/** NF_DROP, NF_ACCEPT */
export const chainPolicy = { drop: 0, accept: 1 } as const;

/** NF_DROP, NF_ACCEPT, NFT_CONTINUE, NFT_RETURN, NFT_JUMP, NFT_GOTO */
export const verdictCode = {
  drop: 0,
  accept: 1,
  continue: -1,
  jump: -3,
  goto: -4,
  return: -5,
} as const;

export const nftaList = { element: 1 } as const;
export const nftaHook = { number: 1, priority: 2, device: 3, devices: 4 } as const;
export const nftaDevice = { name: 1 } as const;
export const nftaTable = { name: 1, flags: 2, use: 3, handle: 4, userData: 6 } as const;
export const tableFlag = { dormant: 1, owner: 2 } as const;
export const nftaChain = {
  table: 1,
  handle: 2,
  name: 3,
  hook: 4,
  policy: 5,
  use: 6,
  type: 7,
  flags: 10,
} as const;
export const nftaRule = {
  table: 1,
  chain: 2,
  handle: 3,
  expressions: 4,
  position: 6,
  userData: 7,
} as const;
export const nftaSet = {
  table: 1,
  name: 2,
  flags: 3,
  keyType: 4,
  keyLength: 5,
  dataType: 6,
  dataLength: 7,
  desc: 9,
  id: 10,
  timeout: 11,
  userData: 13,
  handle: 16,
} as const;
export const nftaSetDesc = { size: 1, concat: 2 } as const;
export const nftaSetField = { length: 1 } as const;
export const setFlag = {
  anonymous: 1,
  constant: 2,
  interval: 4,
  map: 8,
  timeout: 16,
  eval: 32,
  object: 64,
  concat: 128,
} as const;
export const nftaElements = { table: 1, set: 2, elements: 3 } as const;
export const nftaElement = {
  key: 1,
  data: 2,
  flags: 3,
  timeout: 4,
  expiration: 5,
  keyEnd: 10,
} as const;
export const elementFlag = { intervalEnd: 1 } as const;
export const nftaData = { value: 1, verdict: 2 } as const;
/** NFT_DATA_VERDICT, as a set's data type. */
export const verdictDataType = 0xffffff00;
export const nftaVerdict = { code: 1, chain: 2 } as const;
export const nftaExpression = { name: 1, data: 2 } as const;
export const nftaObject = { table: 1, name: 2, type: 3, data: 4, use: 5, handle: 6 } as const;
/** NFT_OBJECT_COUNTER */
export const objectType = { counter: 1 } as const;
export const nftaGeneration = { id: 1 } as const;

// What the data of each kind of expression holds.
export const nftaPayload = {
  register: 1,
  base: 2,
  offset: 3,
  length: 4,
  sourceRegister: 5,
  checksumType: 6,
  checksumOffset: 7,
  checksumFlags: 8,
} as const;
export const payloadBase = { link: 0, network: 1, transport: 2, inner: 3 } as const;
export const payloadChecksum = { none: 0, inet: 1, sctp: 2 } as const;
/** NFT_PAYLOAD_L4CSUM_PSEUDOHDR */
export const payloadPseudoHeader = 1;
export const nftaMeta = { register: 1, key: 2, sourceRegister: 3 } as const;
export const metaKey = {
  length: 0,
  protocol: 1,
  priority: 2,
  mark: 3,
  iif: 4,
  oif: 5,
  iifname: 6,
  oifname: 7,
  skuid: 10,
  skgid: 11,
  nftrace: 12,
  nfproto: 15,
  l4proto: 16,
  pkttype: 19,
  iifgroup: 21,
  oifgroup: 22,
  prandom: 24,
} as const;
export const nftaCompare = { register: 1, operator: 2, value: 3 } as const;
export const compareOperator = {
  equal: 0,
  'not-equal': 1,
  less: 2,
  'less-or-equal': 3,
  greater: 4,
  'greater-or-equal': 5,
} as const;
export const nftaRange = { register: 1, operator: 2, from: 3, to: 4 } as const;
export const rangeOperator = { equal: 0, 'not-equal': 1 } as const;
export const nftaBitwise = {
  sourceRegister: 1,
  register: 2,
  length: 3,
  mask: 4,
  xor: 5,
  operation: 6,
} as const;
export const nftaLookup = { set: 1, register: 2, resultRegister: 3, flags: 5 } as const;
/** NFT_LOOKUP_F_INV */
export const lookupInvert = 1;
export const nftaImmediate = { register: 1, data: 2 } as const;
export const nftaCounter = { bytes: 1, packets: 2 } as const;
export const nftaObjectReference = { type: 1, name: 2 } as const;
export const nftaNat = {
  type: 1,
  family: 2,
  addressRegister: 3,
  lastAddressRegister: 4,
  portRegister: 5,
  lastPortRegister: 6,
  flags: 7,
} as const;
export const natType = { snat: 0, dnat: 1 } as const;
/** NF_NAT_RANGE_*; the kernel adds flags of its own for "has an address" and "has a port". */
export const natFlag = { random: 4, persistent: 8, 'fully-random': 16 } as const;
export const nftaMasquerade = { flags: 1, portRegister: 2, lastPortRegister: 3 } as const;
export const nftaForward = { linkRegister: 1, addressRegister: 2, family: 3 } as const;
export const nftaDuplicate = { addressRegister: 1, linkRegister: 2 } as const;
export const nftaConntrack = { register: 1, key: 2, direction: 3 } as const;
export const conntrackKey = { state: 0, direction: 1, status: 2, mark: 3 } as const;
/** The bits of NFT_CT_STATE: NF_CT_STATE_BIT() of ip_conntrack_info, NF_CT_STATE_INVALID_BIT, _UNTRACKED_BIT. */
export const conntrackState = {
  invalid: 1,
  established: 2,
  related: 4,
  new: 8,
  untracked: 64,
} as const;
