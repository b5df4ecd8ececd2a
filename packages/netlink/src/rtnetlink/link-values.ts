import { ifla, iflaNewer } from '../schema/link.ts';
import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import { formatMacAddress } from '../wire/mac-address.ts';
import type { Link } from './link.ts';

/** The attributes that are one value each, by how they are read and by the field of a link. */
const tables = {
  text: {
    name: ifla.name,
    alias: ifla.alias,
    queueDiscipline: ifla.queueDiscipline,
    physicalPortName: ifla.physicalPortName,
    parentDeviceName: ifla.parentDeviceName,
    parentDeviceBus: ifla.parentDeviceBus,
  },
  hexadecimal: {
    physicalPortId: ifla.physicalPortId,
    physicalSwitchId: ifla.physicalSwitchId,
  },
  macAddress: {
    macAddress: ifla.address,
    broadcastAddress: ifla.broadcast,
    permanentMacAddress: ifla.permAddress,
  },
  switch: {
    carrier: ifla.carrier,
    protocolDown: ifla.protocolDown,
    netnsImmutable: iflaNewer.netnsImmutable,
  },
  number: {
    mtu: ifla.mtu,
    minMtu: ifla.minMtu,
    maxMtu: ifla.maxMtu,
    parentIndex: ifla.link,
    masterIndex: ifla.master,
    group: ifla.group,
    txQueueLength: ifla.txQueueLength,
    txQueues: ifla.txQueues,
    rxQueues: ifla.rxQueues,
    virtualFunctions: ifla.virtualFunctions,
    promiscuity: ifla.promiscuity,
    allMulticastCount: ifla.allMulticastCount,
    carrierUpCount: ifla.carrierUpCount,
    carrierDownCount: ifla.carrierDownCount,
    gsoMaxSize: ifla.gsoMaxSize,
    gsoMaxSegments: ifla.gsoMaxSegments,
    gsoIpv4MaxSize: iflaNewer.gsoIpv4MaxSize,
    groMaxSize: ifla.groMaxSize,
    groIpv4MaxSize: iflaNewer.groIpv4MaxSize,
    tsoMaxSize: ifla.tsoMaxSize,
    tsoMaxSegments: ifla.tsoMaxSegments,
    maxPacingOffloadHorizon: iflaNewer.maxPacingOffloadHorizon,
    headroom: iflaNewer.headroom,
    tailroom: iflaNewer.tailroom,
  },
} as const satisfies Record<string, Partial<Record<keyof Link, number>>>;

const readers = {
  text: (attribute: AttributeCursor): string => attribute.string(),
  hexadecimal: (attribute: AttributeCursor): string =>
    Array.from(attribute.peek(), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  macAddress: (attribute: AttributeCursor): string => formatMacAddress(attribute.peek()),
  switch: (attribute: AttributeCursor): boolean => attribute.u8() !== 0,
  number: readNumber,
} as const;

const values = new Map<
  number,
  { readonly field: string; readonly read: (typeof readers)[keyof typeof readers] }
>(
  Object.entries(tables).flatMap(([form, table]) =>
    Object.entries(table).map(
      ([field, type]) => [type, { field, read: readers[form as keyof typeof readers] }] as const,
    ),
  ),
);

/** Reads an attribute that is one value into its field; false when it is none of those. */
export function readLinkValue(link: object, attribute: AttributeCursor): boolean {
  const value = values.get(attribute.type);
  if (value === undefined) return false;
  (link as Record<string, unknown>)[value.field] = value.read(attribute);
  return true;
}

/** As long as the kernel makes it. */
function readNumber(attribute: AttributeCursor): number {
  switch (attribute.end - attribute.start) {
    case 1:
      return attribute.u8();
    case 2:
      return attribute.u16();
    case 8:
      return attribute.u64();
    default:
      return attribute.u32();
  }
}
