import assert from 'node:assert/strict';
import { parseIpv6Address, type Ipv6Address, type Ipv6Cidr } from '../../identity/ipv6-address.ts';
import type { LinkIpv6 } from '../../identity/public-ipv6.ts';
import type { Ipv6Link } from '../../kernel/ipv6-link.ts';
import type { KernelPort, RouteDecision } from '../../kernel/kernel-port.ts';
import type { WantedLink } from '../../kernel/plan-kernel.ts';
import {
  applyPlan,
  contractIdentity,
  contractLink,
  observed,
  refused,
  type KernelPortCase,
} from './kernel-port-contract.ts';

/** The IPv6 side of the contract's identity. */
export const contractIpv6: LinkIpv6 = {
  address: parseIpv6Address('2001:db8:0:202::50'),
  prefixLength: 128,
  gateway: parseIpv6Address('fe80::1'),
  vpcCidrs: ['2001:db8:0:200::/56' as Ipv6Cidr],
};
const dual = { ...contractIdentity, publicIpv6: contractIpv6 };
/** The contract's link with a dual-stack identity on it. */
export const dualStackLink: WantedLink = { ...contractLink, identities: [dual] };
/** The same once it is given back. */
export const dualStackReleased: WantedLink = { ...contractLink, identities: [], releasing: [dual] };
const internetPeer = parseIpv6Address('2001:db8:ffff::50');
const vpcPeer = parseIpv6Address('2001:db8:0:201::100');

const byNet1: RouteDecision = {
  kind: 'link',
  linkName: 'net1',
  gateway: contractIpv6.gateway,
  table: contractLink.table,
};

function from(kernel: KernelPort, to: Ipv6Address): Promise<RouteDecision> {
  return kernel.lookupRoute({ from: contractIpv6.address, to });
}

async function ipv6Of(kernel: KernelPort): Promise<Ipv6Link> {
  const { ipv6 } = await observed(kernel);
  assert.ok(ipv6 !== undefined, 'net1 has no IPv6');
  return ipv6;
}

/** Beside the link-local one, which a kernel may make by itself. */
async function globalAddresses(kernel: KernelPort): Promise<unknown[]> {
  const { addresses } = await ipv6Of(kernel);
  return addresses.filter(({ scope }) => scope === 'global');
}

/** The IPv6 side of a dual-stack identity: what every KernelPort must do. */
export const kernelPortIpv6Cases: readonly KernelPortCase[] = [
  {
    title:
      'IPv6: a plan once applied leaves nothing to plan; the address is for ever and not in doubt',
    async run({ kernel }) {
      assert.notDeepEqual(await applyPlan(kernel, dualStackLink), []);
      assert.deepEqual(await applyPlan(kernel, dualStackLink), []);
      const { address, prefixLength } = contractIpv6;
      assert.deepEqual(await globalAddresses(kernel), [
        {
          address,
          prefixLength,
          scope: 'global',
          permanent: true,
          duplicateFound: false,
          tentative: false,
        },
      ]);
      const { settings, rules, routes } = await ipv6Of(kernel);
      assert.deepEqual(settings, { disabled: false, keepAddrOnDown: true });
      assert.equal(routes.length, 3);
      assert.ok(routes.every(({ protocol }) => protocol === 227));
      assert.deepEqual(
        rules.filter(({ protocol }) => protocol === 227),
        [{ priority: 100, from: `${address}/128`, table: 200, protocol: 227, hasMore: false }],
      );
    },
  },
  {
    title:
      'IPv6: a bound socket leaves by the gateway on the link, with 1500 bytes towards the Internet only',
    async run({ kernel }) {
      await applyPlan(kernel, dualStackLink);
      assert.deepEqual(await from(kernel, internetPeer), byNet1);
      assert.deepEqual(await from(kernel, vpcPeer), byNet1);
      const { routes } = await ipv6Of(kernel);
      const mtus = routes.map(({ type, destination, mtu }) => `${type} ${destination} ${mtu}`);
      assert.deepEqual(
        new Set(mtus),
        new Set([
          'unicast 2001:db8:0:200::/56 undefined',
          'unicast ::/0 1500',
          'unreachable ::/0 undefined',
        ]),
      );
    },
  },
  {
    title: 'IPv6: every step, up and down, may be applied twice',
    async run({ kernel }) {
      const up = await applyPlan(kernel, dualStackLink);
      const once = await observed(kernel);
      for (const step of up) await kernel.apply(step);
      assert.deepEqual(await observed(kernel), once);
      const down = await applyPlan(kernel, dualStackReleased);
      assert.ok(down.some(({ kind }) => kind === 'remove-ipv6-address'));
      for (const step of down) await kernel.apply(step);
      assert.deepEqual(await applyPlan(kernel, dualStackReleased), []);
    },
  },
  {
    title: 'IPv6: released, the address is off the link and a socket still bound to it is refused',
    async run({ kernel }) {
      await applyPlan(kernel, dualStackLink);
      await applyPlan(kernel, dualStackReleased);
      assert.deepEqual(await globalAddresses(kernel), []);
      assert.deepEqual(await from(kernel, internetPeer), refused);
    },
  },
  {
    title:
      'IPv6: link down loses the routes and keeps the address; a socket is refused until it is put back',
    async run({ kernel, setLinkUp }) {
      await applyPlan(kernel, dualStackLink);
      await setLinkUp('net1', false);
      assert.deepEqual(await from(kernel, internetPeer), refused);
      assert.equal((await globalAddresses(kernel)).length, 1);
      await setLinkUp('net1', true);
      assert.deepEqual(await from(kernel, internetPeer), refused);
      const kinds = (await applyPlan(kernel, dualStackLink)).map(({ kind }) => kind);
      assert.ok(kinds.includes('replace-ipv6-route'));
      assert.ok(!kinds.includes('add-ipv6-address'));
      assert.deepEqual(await from(kernel, internetPeer), byNet1);
    },
  },
  {
    title: 'IPv6: an address that somebody took off the link comes back',
    async run({ kernel }) {
      await applyPlan(kernel, dualStackLink);
      const { linkIndex, linkName } = await observed(kernel);
      const { address, prefixLength } = contractIpv6;
      await kernel.apply({
        kind: 'remove-ipv6-address',
        linkIndex,
        linkName,
        address,
        prefixLength,
      });
      assert.deepEqual(await globalAddresses(kernel), []);
      await applyPlan(kernel, dualStackLink);
      assert.equal((await globalAddresses(kernel)).length, 1);
      assert.deepEqual(await from(kernel, internetPeer), byNet1);
    },
  },
  {
    title: 'IPv6: an address with the prefix of a network plugin stays where it is on release',
    async run({ kernel }) {
      const given = { ...contractIpv6, prefixLength: 64 };
      const { linkIndex, linkName } = await observed(kernel);
      const settings = { disabled: false, keepAddrOnDown: true };
      await kernel.apply({ kind: 'set-ipv6-settings', linkIndex, linkName, settings });
      const { address } = given;
      await kernel.apply({
        kind: 'add-ipv6-address',
        linkIndex,
        linkName,
        address,
        prefixLength: 64,
      });
      const identity = { ...contractIdentity, publicIpv6: given };
      const kinds = (await applyPlan(kernel, { ...contractLink, identities: [identity] })).map(
        ({ kind }) => kind,
      );
      assert.ok(!kinds.includes('add-ipv6-address'));
      assert.deepEqual(await from(kernel, internetPeer), byNet1);
      await applyPlan(kernel, { ...contractLink, identities: [], releasing: [identity] });
      assert.equal((await globalAddresses(kernel)).length, 1);
      assert.deepEqual(await from(kernel, internetPeer), refused);
    },
  },
];
