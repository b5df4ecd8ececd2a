import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelPackage } from './kernel-package.ts';
import { loadOrder, moduleDepends, moduleName, type KernelModule } from './kernel-module.ts';
import { VmError } from './vm-error.ts';

/** What the guest loads before its program: the links of a VPC in a box, the other kinds, and what its nftables rules use. */
export const guestModules: readonly string[] = [
  'veth',
  'bridge',
  'macvlan',
  'ipvlan',
  'dummy',
  'ifb',
  '8021q',
  'vxlan',
  'vrf',
  'macvtap',
  'nf_tables',
  'nft_chain_nat',
  'nft_ct',
  'nft_masq',
  'nft_nat',
  'nft_limit',
  'nft_log',
  'nft_numgen',
  'nft_objref',
  'nft_reject_inet',
  'nft_fib_inet',
  'nft_fwd_netdev',
  'nft_dup_netdev',
  'nf_conntrack_netlink',
  'inet_diag',
  'udp_diag',
  'tcp_diag',
];

/** A module to be loaded, in its place in the order. */
export interface ModuleFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/**
 * Reads the wanted modules and all they depend on, in loading order; what is built in is left out.
 * Throws VmError KernelModuleMissing.
 */
export async function readModules(
  kernel: KernelPackage,
  wanted: readonly string[] = guestModules,
): Promise<ModuleFile[]> {
  const paths = await modulePaths(kernel);
  const builtIn = await builtInModules(kernel);
  const images = new Map<string, Uint8Array>();
  const needed = [...wanted];
  const modules = new Map<string, KernelModule>();
  for (let name = needed.shift(); name !== undefined; name = needed.shift()) {
    if (images.has(name) || builtIn.has(name)) continue;
    const path = paths.get(name);
    if (path === undefined) throw missing(name, kernel);
    const image = await readFile(path);
    const depends = moduleDepends(image);
    images.set(name, image);
    modules.set(name, { name, depends });
    needed.push(...depends);
  }
  return loadOrder(wanted, (name) => modules.get(name)).flatMap((name) => {
    const data = images.get(name);
    return data === undefined ? [] : [{ name, data }];
  });
}

async function modulePaths(kernel: KernelPackage): Promise<Map<string, string>> {
  const folder = join(kernel.modulesFolder, 'kernel');
  const files = existsSync(folder) ? await readdir(folder, { recursive: true }) : [];
  return new Map(
    files
      .filter((file) => file.endsWith('.ko'))
      .map((file) => [moduleName(file), join(folder, file)] as const),
  );
}

async function builtInModules(kernel: KernelPackage): Promise<Set<string>> {
  const list = await readFile(join(kernel.modulesFolder, 'modules.builtin'), 'utf8');
  return new Set(list.trim().split('\n').map(moduleName));
}

function missing(name: string, kernel: KernelPackage): VmError {
  return new VmError({
    code: 'KernelModuleMissing',
    message: `Kernel ${kernel.release} has no module ${name}, neither as a file nor built in`,
    remedy: `Remove the module from the list, or remove ${kernel.modulesFolder} so that a whole kernel is fetched again.`,
  });
}
