import {
  compareOperator,
  conntrackKey,
  lookupInvert,
  metaKey,
  natFlag,
  natType,
  nftaBitwise,
  nftaCompare,
  nftaConntrack,
  nftaCounter,
  nftaDuplicate,
  nftaForward,
  nftaImmediate,
  nftaLookup,
  nftaMasquerade,
  nftaMeta,
  nftaNat,
  nftaObjectReference,
  nftaPayload,
  nftaRange,
  nftFamily,
  objectType,
  payloadBase,
  payloadChecksum,
  payloadPseudoHeader,
  rangeOperator,
} from '../schema/nftables.ts';
import type { Expression, UnknownExpression } from './expression.ts';
import {
  bigNumber,
  bit,
  data,
  flags,
  number,
  numberNotZero,
  oneOf,
  registerOrVerdict,
  text,
} from './expression-field.ts';
import type { Field } from './expression-field.ts';
import type { Verdict } from './verdict.ts';

/** Expressions that a table describes; verdicts and unknown ones are written out by hand. */
export type TabledExpression = Exclude<Expression, Verdict | UnknownExpression>;
export type TabledKind = TabledExpression['kind'];

/** How one kind travels. Encoder and decoder both follow it. */
export interface ExpressionSchema<K extends TabledKind = TabledKind> {
  /** NFTA_EXPR_NAME */
  readonly name: string;
  readonly fields: {
    readonly [F in Exclude<keyof Extract<TabledExpression, { kind: K }>, 'kind'>]-?: Field;
  };
  /** Attributes with a value that never differs: they tell kinds of one name apart. */
  readonly fixed?: Readonly<Record<number, number>>;
  /** An attribute that is the length of a field of bytes. */
  readonly lengthOf?: { readonly attribute: number; readonly field: string };
  /** Attributes without a meaning of their own. */
  readonly ignored?: readonly number[];
}

const register = (attribute: number): Field => ({ attribute, codec: number, otherwise: 1 });
const optional = (attribute: number): Field => ({ attribute, codec: number });
const family = oneOf(nftFamily);
const kernelNatFlags = 3; // NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_PROTO_SPECIFIED
const natFlags = flags(natFlag, kernelNatFlags);

const natFields = {
  family: { attribute: nftaNat.family, codec: family },
  addressRegister: optional(nftaNat.addressRegister),
  lastAddressRegister: {
    attribute: nftaNat.lastAddressRegister,
    codec: number,
    repeats: 'addressRegister',
  },
  portRegister: optional(nftaNat.portRegister),
  lastPortRegister: { attribute: nftaNat.lastPortRegister, codec: number, repeats: 'portRegister' },
  flags: { attribute: nftaNat.flags, codec: natFlags },
} as const;

const payloadFields = {
  base: { attribute: nftaPayload.base, codec: oneOf(payloadBase) },
  offset: { attribute: nftaPayload.offset, codec: number },
  length: { attribute: nftaPayload.length, codec: number },
} as const;

export const expressionSchemas: { readonly [K in TabledKind]: ExpressionSchema<K> } = {
  payload: {
    name: 'payload',
    fields: { ...payloadFields, register: register(nftaPayload.register) },
  },
  'payload-write': {
    name: 'payload',
    fields: {
      ...payloadFields,
      register: register(nftaPayload.sourceRegister),
      checksum: {
        attribute: nftaPayload.checksumType,
        codec: oneOf(payloadChecksum, 'none'),
        otherwise: 'none',
      },
      checksumOffset: { attribute: nftaPayload.checksumOffset, codec: numberNotZero, otherwise: 0 },
      pseudoHeader: {
        attribute: nftaPayload.checksumFlags,
        codec: bit(payloadPseudoHeader),
        otherwise: false,
      },
    },
  },
  meta: {
    name: 'meta',
    fields: {
      key: { attribute: nftaMeta.key, codec: oneOf(metaKey) },
      register: register(nftaMeta.register),
    },
  },
  'meta-write': {
    name: 'meta',
    fields: {
      key: { attribute: nftaMeta.key, codec: oneOf(metaKey) },
      register: register(nftaMeta.sourceRegister),
    },
  },
  compare: {
    name: 'cmp',
    fields: {
      register: register(nftaCompare.register),
      operator: { attribute: nftaCompare.operator, codec: oneOf(compareOperator) },
      value: { attribute: nftaCompare.value, codec: data },
    },
  },
  range: {
    name: 'range',
    fields: {
      register: register(nftaRange.register),
      operator: { attribute: nftaRange.operator, codec: oneOf(rangeOperator) },
      from: { attribute: nftaRange.from, codec: data },
      to: { attribute: nftaRange.to, codec: data },
    },
  },
  bitwise: {
    name: 'bitwise',
    fields: {
      source: register(nftaBitwise.sourceRegister),
      register: register(nftaBitwise.register),
      mask: { attribute: nftaBitwise.mask, codec: data },
      xor: { attribute: nftaBitwise.xor, codec: data },
    },
    fixed: { [nftaBitwise.operation]: 0 },
    lengthOf: { attribute: nftaBitwise.length, field: 'mask' },
  },
  lookup: {
    name: 'lookup',
    fields: {
      set: { attribute: nftaLookup.set, codec: text },
      register: register(nftaLookup.register),
      result: { attribute: nftaLookup.resultRegister, codec: registerOrVerdict },
      invert: { attribute: nftaLookup.flags, codec: bit(lookupInvert) },
    },
  },
  immediate: {
    name: 'immediate',
    fields: {
      register: register(nftaImmediate.register),
      value: { attribute: nftaImmediate.data, codec: data },
    },
  },
  counter: {
    name: 'counter',
    fields: {
      bytes: { attribute: nftaCounter.bytes, codec: bigNumber },
      packets: { attribute: nftaCounter.packets, codec: bigNumber },
    },
    ignored: [3], // NFTA_COUNTER_PAD
  },
  'named-counter': {
    name: 'objref',
    fields: { name: { attribute: nftaObjectReference.name, codec: text } },
    fixed: { [nftaObjectReference.type]: objectType.counter },
  },
  notrack: { name: 'notrack', fields: {} },
  snat: { name: 'nat', fields: natFields, fixed: { [nftaNat.type]: natType.snat } },
  dnat: { name: 'nat', fields: natFields, fixed: { [nftaNat.type]: natType.dnat } },
  masquerade: {
    name: 'masq',
    fields: {
      flags: { attribute: nftaMasquerade.flags, codec: natFlags },
      portRegister: optional(nftaMasquerade.portRegister),
      lastPortRegister: {
        attribute: nftaMasquerade.lastPortRegister,
        codec: number,
        repeats: 'portRegister',
      },
    },
  },
  forward: {
    name: 'fwd',
    fields: {
      linkRegister: optional(nftaForward.linkRegister),
      addressRegister: optional(nftaForward.addressRegister),
      family: { attribute: nftaForward.family, codec: family },
    },
  },
  duplicate: {
    name: 'dup',
    fields: {
      addressRegister: optional(nftaDuplicate.addressRegister),
      linkRegister: optional(nftaDuplicate.linkRegister),
    },
  },
  conntrack: {
    name: 'ct',
    fields: {
      register: register(nftaConntrack.register),
      key: { attribute: nftaConntrack.key, codec: oneOf(conntrackKey) },
    },
  },
};
