import * as nft from '../../packages/netlink/src/schema/nftables.ts';
import { named } from './netlink-named-constants.ts';

const { nftSubsystem, nftMessage } = nft;
const register = { register: 'DREG', sourceRegister: 'SREG' };
const source = { register: 'SREG' };
const messages = Object.fromEntries(
  Object.entries(nftMessage).map(([name, type]) => [name, type - (nftSubsystem << 8)]),
);
const { drop, accept, ...verdicts } = nft.verdictCode;

/** Each constant of nftables by its name in the kernel's headers. */
export const nftablesConstants: readonly (readonly [name: string, value: number])[] = [
  ['NFNL_SUBSYS_NFTABLES', nftSubsystem],
  ['NFNLGRP_NFTABLES', nft.nftablesGroup],
  ...named('NFNL_MSG_BATCH_', nft.batchMessage),
  ['NFNL_BATCH_GENID', nft.batchGenerationId],
  ...named('NFT_MSG_', messages, {
    newTable: 'NEWTABLE',
    getTable: 'GETTABLE',
    deleteTable: 'DELTABLE',
    newChain: 'NEWCHAIN',
    getChain: 'GETCHAIN',
    deleteChain: 'DELCHAIN',
    newRule: 'NEWRULE',
    getRule: 'GETRULE',
    deleteRule: 'DELRULE',
    newSet: 'NEWSET',
    getSet: 'GETSET',
    deleteSet: 'DELSET',
    newElement: 'NEWSETELEM',
    getElement: 'GETSETELEM',
    deleteElement: 'DELSETELEM',
    newGeneration: 'NEWGEN',
    getGeneration: 'GETGEN',
    newObject: 'NEWOBJ',
    getObject: 'GETOBJ',
    deleteObject: 'DELOBJ',
    getObjectReset: 'GETOBJ_RESET',
  }),
  ...named('NFPROTO_', nft.nftFamily, { ip: 'IPV4', ip6: 'IPV6' }),
  ...named('NF_INET_', nft.inetHook, {
    prerouting: 'PRE_ROUTING',
    input: 'LOCAL_IN',
    output: 'LOCAL_OUT',
    postrouting: 'POST_ROUTING',
  }),
  ...named('NF_NETDEV_', nft.netdevHook),
  ...named('NF_', nft.chainPolicy),
  ...named('NF_', { drop, accept }),
  ...named('NFT_', verdicts),
  ['NFTA_LIST_ELEM', nft.nftaList.element],
  ...named('NFTA_HOOK_', nft.nftaHook, { number: 'HOOKNUM', device: 'DEV', devices: 'DEVS' }),
  ['NFTA_DEVICE_NAME', nft.nftaDevice.name],
  ...named('NFTA_TABLE_', nft.nftaTable, { userData: 'USERDATA' }),
  ...named('NFT_TABLE_F_', nft.tableFlag),
  ...named('NFTA_CHAIN_', nft.nftaChain),
  ...named('NFTA_RULE_', nft.nftaRule, { userData: 'USERDATA' }),
  ...named('NFTA_SET_', nft.nftaSet, {
    keyLength: 'KEY_LEN',
    dataLength: 'DATA_LEN',
    userData: 'USERDATA',
  }),
  ...named('NFTA_SET_DESC_', nft.nftaSetDesc),
  ['NFTA_SET_FIELD_LEN', nft.nftaSetField.length],
  ...named('NFT_SET_', nft.setFlag),
  ...named('NFTA_SET_ELEM_LIST_', nft.nftaElements),
  ...named('NFTA_SET_ELEM_', nft.nftaElement),
  ['NFT_SET_ELEM_INTERVAL_END', nft.elementFlag.intervalEnd],
  ...named('NFTA_DATA_', nft.nftaData),
  ['NFT_DATA_VERDICT', nft.verdictDataType],
  ...named('NFTA_VERDICT_', nft.nftaVerdict),
  ...named('NFTA_EXPR_', nft.nftaExpression),
  ...named('NFTA_OBJ_', nft.nftaObject),
  ...named('NFT_OBJECT_', nft.objectType),
  ['NFTA_GEN_ID', nft.nftaGeneration.id],
  ...expressionConstants(),
];

function expressionConstants(): [name: string, value: number][] {
  const nat = {
    addressRegister: 'REG_ADDR_MIN',
    lastAddressRegister: 'REG_ADDR_MAX',
    portRegister: 'REG_PROTO_MIN',
    lastPortRegister: 'REG_PROTO_MAX',
  };
  const aside = { linkRegister: 'SREG_DEV', addressRegister: 'SREG_ADDR', family: 'NFPROTO' };
  const sourceFirst = { sourceRegister: 'SREG', register: 'DREG', length: 'LEN', operation: 'OP' };
  return [
    ...named('NFTA_PAYLOAD_', nft.nftaPayload, {
      ...register,
      length: 'LEN',
      checksumType: 'CSUM_TYPE',
      checksumOffset: 'CSUM_OFFSET',
      checksumFlags: 'CSUM_FLAGS',
    }),
    ...named('NFT_PAYLOAD_', nft.payloadBase, {
      link: 'LL_HEADER',
      network: 'NETWORK_HEADER',
      transport: 'TRANSPORT_HEADER',
      inner: 'INNER_HEADER',
    }),
    ...named('NFT_PAYLOAD_CSUM_', nft.payloadChecksum),
    ['NFT_PAYLOAD_L4CSUM_PSEUDOHDR', nft.payloadPseudoHeader],
    ...named('NFTA_META_', nft.nftaMeta, register),
    ...named('NFT_META_', nft.metaKey, { length: 'LEN' }),
    ...named('NFTA_CMP_', nft.nftaCompare, { ...source, operator: 'OP', value: 'DATA' }),
    ...named('NFT_CMP_', nft.compareOperator, {
      equal: 'EQ',
      'not-equal': 'NEQ',
      less: 'LT',
      'less-or-equal': 'LTE',
      greater: 'GT',
      'greater-or-equal': 'GTE',
    }),
    ...named('NFTA_RANGE_', nft.nftaRange, {
      ...source,
      operator: 'OP',
      from: 'FROM_DATA',
      to: 'TO_DATA',
    }),
    ...named('NFT_RANGE_', nft.rangeOperator, { equal: 'EQ', 'not-equal': 'NEQ' }),
    ...named('NFTA_BITWISE_', nft.nftaBitwise, sourceFirst),
    ...named('NFTA_LOOKUP_', nft.nftaLookup, { ...source, resultRegister: 'DREG' }),
    ['NFT_LOOKUP_F_INV', nft.lookupInvert],
    ...named('NFTA_IMMEDIATE_', nft.nftaImmediate, register),
    ...named('NFTA_COUNTER_', nft.nftaCounter),
    ...named('NFTA_OBJREF_IMM_', nft.nftaObjectReference),
    ...named('NFTA_NAT_', nft.nftaNat, nat),
    ...named('NFT_NAT_', nft.natType),
    ...named('NF_NAT_RANGE_', nft.natFlag, {
      random: 'PROTO_RANDOM',
      'fully-random': 'PROTO_RANDOM_FULLY',
    }),
    ...named('NFTA_MASQ_', nft.nftaMasquerade, nat),
    ...named('NFTA_FWD_', nft.nftaForward, aside),
    ...named('NFTA_DUP_', nft.nftaDuplicate, aside),
    ...named('NFTA_CT_', nft.nftaConntrack, register),
    ...named('NFT_CT_', nft.conntrackKey),
    ['NF_CT_STATE_INVALID_BIT', nft.conntrackState.invalid],
    ['NF_CT_STATE_BIT(IP_CT_ESTABLISHED)', nft.conntrackState.established],
    ['NF_CT_STATE_BIT(IP_CT_RELATED)', nft.conntrackState.related],
    ['NF_CT_STATE_BIT(IP_CT_NEW)', nft.conntrackState.new],
    ['NF_CT_STATE_UNTRACKED_BIT', nft.conntrackState.untracked],
  ];
}
