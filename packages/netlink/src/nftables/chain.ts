import { inputError } from '../errors.ts';
import { namesOf } from '../schema/name-table.ts';
import {
  chainPolicy,
  inetHook,
  netdevHook,
  nftaChain,
  nftaDevice,
  nftaHook,
} from '../schema/nftables.ts';
import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { NftFamily } from './family.ts';
import { readNftMessage } from './nft-message.ts';
import type { TableRef } from './table.ts';

/** Which chain. */
export interface ChainRef extends TableRef {
  readonly chain: string;
}

/** Where in the kernel a base chain is called (enum nf_inet_hooks and nf_dev_hooks, linux/netfilter.h). */
export type HookName = keyof typeof inetHook | keyof typeof netdevHook;
/** What a base chain may do: `nat` sees the first packet of a flow, `route` has the packet routed again. */
export type ChainType = 'filter' | 'nat' | 'route';
/** What becomes of a packet that no rule of a base chain decided. */
export type ChainPolicy = keyof typeof chainPolicy;

/** Where packets enter a base chain. */
export interface ChainHook {
  readonly name: HookName;
  /** Lower runs first; {@link chainPriority} has the usual ones. */
  readonly priority: number;
  /** The link names, for the hooks of one link: family netdev, and `ingress`. */
  readonly devices?: readonly string[];
}

/** What nft(8) calls raw, mangle, dstnat, filter, security and srcnat: NF_IP_PRI_*. */
export const chainPriority = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
} as const;

/** A chain to make: with a hook it is a base chain, else packets come by jump or goto. */
export interface NewChain extends ChainRef {
  readonly hook?: ChainHook;
  /** Of a base chain; left out: filter. */
  readonly type?: ChainType;
  /** Of a base chain, for what reaches its end; left out: accept. */
  readonly policy?: ChainPolicy;
}

/** A chain as the kernel reports it (NFT_MSG_NEWCHAIN). */
export interface NftChain extends NewChain {
  readonly handle: number;
  /** Rules in it, and references to it. */
  readonly use: number;
}

export function writeChain(writer: MessageWriter, chain: NewChain): void {
  writer.attributeString(nftaChain.table, chain.table);
  writer.attributeString(nftaChain.name, chain.chain);
  if (chain.hook === undefined) return;
  writeHook(writer, chain.family, chain.hook);
  if (chain.policy !== undefined) {
    writer.attributeBig32(nftaChain.policy, chainPolicy[chain.policy]);
  }
  writer.attributeString(nftaChain.type, chain.type ?? 'filter');
}

function writeHook(writer: MessageWriter, family: NftFamily, hook: ChainHook): void {
  const number = hooksOf(family)[hook.name];
  if (number === undefined) {
    throw inputError(
      `family ${family} has no hook ${hook.name}`,
      `Give one of ${Object.keys(hooksOf(family)).join(', ')}.`,
    );
  }
  const nest = writer.startNested(nftaChain.hook);
  writer.attributeBig32(nftaHook.number, number);
  writer.attributeBig32(nftaHook.priority, hook.priority >>> 0);
  const [only, ...others] = hook.devices ?? [];
  if (only === undefined && (family === 'netdev' || hook.name === 'ingress')) {
    // newer kernels take it, and the chain then sees nothing
    throw inputError(
      `a chain of ${family} was to be hooked at ${hook.name} without a link`,
      'Give the names of its links in `devices`.',
    );
  }
  if (only !== undefined && others.length === 0) writer.attributeString(nftaHook.device, only);
  else if (only !== undefined) {
    const devices = writer.startNested(nftaHook.devices);
    for (const device of [only, ...others]) writer.attributeString(nftaDevice.name, device);
    writer.end(devices);
  }
  writer.end(nest);
}

function hooksOf(family: NftFamily): Readonly<Record<string, number>> {
  return family === 'netdev' ? netdevHook : inetHook;
}

export function decodeChain(view: DataView, start: number, end: number): NftChain | undefined {
  const message = readNftMessage(view, start, end);
  if (message === undefined) return undefined;
  const { family, attribute } = message;
  const policies = namesOf(chainPolicy);
  let [table, chain, handle, use] = ['', '', 0, 0];
  let hook: ChainHook | undefined;
  let type: ChainType | undefined;
  let policy: ChainPolicy | undefined;
  while (attribute.next()) {
    if (attribute.type === nftaChain.table) table = attribute.string();
    else if (attribute.type === nftaChain.name) chain = attribute.string();
    else if (attribute.type === nftaChain.handle) handle = attribute.big64();
    else if (attribute.type === nftaChain.use) use = attribute.big32();
    else if (attribute.type === nftaChain.hook) hook = readHook(family, attribute.nested());
    else if (attribute.type === nftaChain.type) type = attribute.string() as ChainType;
    else if (attribute.type === nftaChain.policy) policy = policies.get(attribute.big32());
  }
  return {
    family,
    table,
    chain,
    handle,
    use,
    ...(hook === undefined ? {} : { hook }),
    ...(type === undefined ? {} : { type }),
    ...(policy === undefined ? {} : { policy }),
  };
}

function readHook(family: NftFamily, attribute: AttributeCursor): ChainHook | undefined {
  const names: ReadonlyMap<number, HookName> =
    family === 'netdev' ? namesOf(netdevHook) : namesOf(inetHook);
  let name: HookName | undefined;
  let priority = 0;
  const devices: string[] = [];
  while (attribute.next()) {
    if (attribute.type === nftaHook.number) name = names.get(attribute.big32());
    else if (attribute.type === nftaHook.priority) priority = attribute.bigSigned32();
    // A hook of several links lists them all in `devices`; of one, it says so in both.
    else if (attribute.type === nftaHook.devices) devices.push(...readNames(attribute.nested()));
    else if (attribute.type === nftaHook.device) devices.splice(0, 1, attribute.string());
  }
  if (name === undefined) return undefined;
  const unique = [...new Set(devices)];
  return unique.length === 0 ? { name, priority } : { name, priority, devices: unique };
}

function readNames(attribute: AttributeCursor): string[] {
  const names: string[] = [];
  while (attribute.next()) names.push(attribute.string());
  return names;
}
