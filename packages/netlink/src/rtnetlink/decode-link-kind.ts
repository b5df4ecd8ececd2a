import { namesOf } from '../schema/name-table.ts';
import {
  bridgeData,
  ipvlanData,
  ipvlanFlag,
  ipvlanMode,
  macvlanData,
  macvlanMode,
  vlanData,
  vlanProtocol,
  vrfData,
  vxlanData,
} from '../schema/link-kind.ts';
import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import type { LinkDetails } from './new-link.ts';

const macvlanModes = namesOf(macvlanMode);
const ipvlanModes = namesOf(ipvlanMode);
const ipvlanFlags = namesOf(ipvlanFlag);
const vlanProtocols = namesOf(vlanProtocol);

type Fields = Record<string, unknown>;
type ReadField = (fields: Fields, attribute: AttributeCursor) => void;

/** What each kind's IFLA_INFO_DATA holds that we have a name for. */
const readers: Readonly<Record<LinkDetails['kind'], ReadField>> = {
  macvlan: readMacvlan,
  macvtap: readMacvlan,
  ipvlan: readIpvlan,
  ipvtap: readIpvlan,
  vlan: (fields, attribute) => {
    if (attribute.type === vlanData.id) fields['id'] = attribute.u16();
    else if (attribute.type === vlanData.protocol) {
      set(fields, 'protocol', vlanProtocols.get(attribute.big16()));
    }
  },
  vxlan: readVxlan,
  bridge: readBridge,
  vrf: (fields, attribute) => {
    if (attribute.type === vrfData.table) fields['table'] = attribute.u32();
  },
};

/** undefined for a kind whose data we do not read. */
export function decodeLinkDetails(kind: string, data: AttributeCursor): LinkDetails | undefined {
  if (!isKnown(kind)) return undefined;
  const fields: Fields = { kind };
  const read = readers[kind];
  while (data.next()) read(fields, data);
  return fields as unknown as LinkDetails;
}

function isKnown(kind: string): kind is LinkDetails['kind'] {
  return Object.hasOwn(readers, kind);
}

function readMacvlan(fields: Fields, attribute: AttributeCursor): void {
  if (attribute.type === macvlanData.mode) set(fields, 'mode', macvlanModes.get(attribute.u32()));
}

function readIpvlan(fields: Fields, attribute: AttributeCursor): void {
  if (attribute.type === ipvlanData.mode) set(fields, 'mode', ipvlanModes.get(attribute.u16()));
  else if (attribute.type === ipvlanData.flags) {
    set(fields, 'flags', ipvlanFlags.get(attribute.u16()));
  }
}

function readVxlan(fields: Fields, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case vxlanData.id:
      fields['id'] = attribute.u32();
      break;
    case vxlanData.group:
    case vxlanData.group6:
      fields['remote'] = formatIpAddress(attribute.peek());
      break;
    case vxlanData.local:
    case vxlanData.local6:
      fields['local'] = formatIpAddress(attribute.peek());
      break;
    case vxlanData.link:
      fields['parentIndex'] = attribute.u32();
      break;
    case vxlanData.port:
      fields['port'] = attribute.big16();
      break;
    case vxlanData.ttl:
      fields['ttl'] = attribute.u8();
      break;
    case vxlanData.learning:
      fields['learning'] = attribute.u8() !== 0;
      break;
    case vxlanData.ageing:
      fields['ageing'] = attribute.u32();
      break;
    default:
  }
}

function readBridge(fields: Fields, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case bridgeData.forwardDelay:
      fields['forwardDelayCs'] = attribute.u32();
      break;
    case bridgeData.helloTime:
      fields['helloTimeCs'] = attribute.u32();
      break;
    case bridgeData.ageingTime:
      fields['ageingTimeCs'] = attribute.u32();
      break;
    case bridgeData.stpState:
      fields['stp'] = attribute.u32() !== 0;
      break;
    case bridgeData.vlanFiltering:
      fields['vlanFiltering'] = attribute.u8() !== 0;
      break;
    case bridgeData.multicastSnooping:
      fields['multicastSnooping'] = attribute.u8() !== 0;
      break;
    default:
  }
}

function set(fields: Fields, name: string, value: string | undefined): void {
  if (value !== undefined) fields[name] = value;
}
