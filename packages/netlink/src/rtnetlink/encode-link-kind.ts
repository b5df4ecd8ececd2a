import { inputError } from '../errors.ts';
import { linkInfo } from '../schema/link.ts';
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
import { big16 } from '../wire/big16.ts';
import { parseIpAddress } from '../wire/ip-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { BridgeOptions, NewLink, VxlanOptions } from './new-link.ts';

const vxlanPort = 4789;

/** Writes IFLA_INFO_DATA of every kind but veth, whose data is another link; kinds without data write none. */
export function writeKindData(
  writer: MessageWriter,
  link: Exclude<NewLink, { readonly kind: 'veth' }>,
): void {
  if (!hasData(link)) return;
  const data = writer.start(linkInfo.data);
  switch (link.kind) {
    case 'macvlan':
    case 'macvtap':
      writer.attributeU32(macvlanData.mode, macvlanMode[link.mode]);
      break;
    case 'ipvlan':
    case 'ipvtap':
      writer.attributeU16(ipvlanData.mode, ipvlanMode[link.mode]);
      writer.attributeU16(ipvlanData.flags, ipvlanFlag[link.flags ?? 'bridge']);
      break;
    case 'vlan':
      writer.attributeU16(vlanData.id, checkedVlan(link.id));
      if (link.protocol !== undefined) {
        writer.attribute(vlanData.protocol, big16(vlanProtocol[link.protocol], 'protocol'));
      }
      break;
    case 'vxlan':
      writeVxlan(writer, link);
      break;
    case 'bridge':
      writeBridge(writer, link);
      break;
    case 'vrf':
      writer.attributeU32(vrfData.table, link.table);
      break;
    case 'dummy':
    case 'ifb':
      break;
    default:
      link satisfies never;
  }
  writer.end(data);
}

function writeVxlan(writer: MessageWriter, options: VxlanOptions): void {
  const { id, remote, local, parentIndex, ttl, learning, ageing } = options;
  if (!(Number.isInteger(id) && id >= 0 && id < 2 ** 24)) {
    throw inputError(`${String(id)} is no VXLAN network identifier`, 'Use 0 to 16777215.');
  }
  writer.attributeU32(vxlanData.id, id);
  if (remote !== undefined) {
    const bytes = parseIpAddress(remote);
    writer.attribute(bytes.length === 4 ? vxlanData.group : vxlanData.group6, bytes);
  }
  if (local !== undefined) {
    const bytes = parseIpAddress(local);
    writer.attribute(bytes.length === 4 ? vxlanData.local : vxlanData.local6, bytes);
  }
  if (parentIndex !== undefined) writer.attributeU32(vxlanData.link, parentIndex);
  if (ttl !== undefined) writer.attributeU8(vxlanData.ttl, ttl);
  if (learning !== undefined) writer.attributeU8(vxlanData.learning, Number(learning));
  if (ageing !== undefined) writer.attributeU32(vxlanData.ageing, ageing);
  writer.attribute(vxlanData.port, big16(options.port ?? vxlanPort, 'port'));
}

function hasData(link: NewLink): boolean {
  if (link.kind === 'bridge') return bridgeNumbers(link).length > 0;
  return link.kind !== 'dummy' && link.kind !== 'ifb';
}

function writeBridge(writer: MessageWriter, options: BridgeOptions): void {
  for (const [type, value, isByte] of bridgeNumbers(options)) {
    if (isByte) writer.attributeU8(type, value);
    else writer.attributeU32(type, value);
  }
}

type BridgeNumber = readonly [type: number, value: number, isByte: boolean];

function bridgeNumbers(options: BridgeOptions): readonly BridgeNumber[] {
  const { forwardDelayCs, helloTimeCs, ageingTimeCs, stp, vlanFiltering, multicastSnooping } =
    options;
  const numbers: readonly (readonly [number, number | boolean | undefined, boolean])[] = [
    [bridgeData.forwardDelay, forwardDelayCs, false],
    [bridgeData.helloTime, helloTimeCs, false],
    [bridgeData.ageingTime, ageingTimeCs, false],
    [bridgeData.stpState, stp, false],
    [bridgeData.vlanFiltering, vlanFiltering, true],
    [bridgeData.multicastSnooping, multicastSnooping, true],
  ];
  return numbers.flatMap(([type, value, isByte]) =>
    value === undefined ? [] : [[type, Number(value), isByte] as const],
  );
}

function checkedVlan(id: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= 4094) return id;
  throw inputError(`${String(id)} is no VLAN id`, 'Use 0 to 4094 (IEEE 802.1Q).');
}
