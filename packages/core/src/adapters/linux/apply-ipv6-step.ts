import type { Rtnetlink, NewRoute, NewRule } from '@truetuple/netlink';
import { ipv6Default, ipv6RouteMetric, type Ipv6Settings } from '../../kernel/ipv6-link.ts';
import type { Ipv6Step } from '../../kernel/ipv6-step.ts';
import { failClosedMetric, truetupleProtocol } from '../../kernel/kernel-step.ts';
import { removeOurRoute } from './remove-our-route.ts';
import { ipv6SettingFile, type SettingFiles } from './setting-files.ts';
import { unlessExists } from './unless-exists.ts';

/** Carries out one step of the IPv6 side. What is there as wanted, or absent as wanted, is done. */
export async function applyIpv6Step(
  { netlink, settingFiles }: { readonly netlink: Rtnetlink; readonly settingFiles: SettingFiles },
  step: Ipv6Step,
): Promise<void> {
  switch (step.kind) {
    case 'install-ipv6-fail-closed-route':
      return netlink.routes.replace(failClosedRoute(step.table));
    case 'add-ipv6-rule':
      // EXCL compares the whole rule, table and protocol too: what exists is ours and as wanted
      return unlessExists(netlink.rules.add(ruleOf(step)));
    case 'remove-ipv6-rule':
      await netlink.rules.remove(ruleOf(step));
      return;
    case 'set-ipv6-settings':
      return writeSettings(settingFiles, step.linkName, step.settings);
    case 'add-ipv6-address':
      return unlessExists(
        netlink.addresses.add({
          family: 'ipv6',
          linkIndex: step.linkIndex,
          address: `${step.address}/${step.prefixLength}`,
          noDuplicateDetection: true,
        }),
      );
    case 'remove-ipv6-address':
      await netlink.addresses.remove({
        linkIndex: step.linkIndex,
        address: `${step.address}/${step.prefixLength}`,
      });
      return;
    case 'replace-ipv6-route':
      return netlink.routes.replace(routeOf(step));
    case 'remove-ipv6-route':
      return removeOurRoute(netlink, 'ipv6', step);
    default:
      return step satisfies never;
  }
}

type StepOf<Kind> = Extract<Ipv6Step, { readonly kind: Kind }>;

/** IPv6 first, since a link without it has nothing to keep. */
function writeSettings(files: SettingFiles, linkName: string, settings: Ipv6Settings): void {
  files.write(ipv6SettingFile(linkName, 'disable_ipv6'), String(Number(settings.disabled)));
  files.write(
    ipv6SettingFile(linkName, 'keep_addr_on_down'),
    String(Number(settings.keepAddrOnDown)),
  );
}

function failClosedRoute(table: number): NewRoute {
  return {
    family: 'ipv6',
    type: 'unreachable',
    destination: ipv6Default,
    table,
    metric: failClosedMetric,
    protocol: truetupleProtocol,
  };
}

function routeOf(step: StepOf<'replace-ipv6-route'>): NewRoute {
  const { table, destination, linkIndex, gateway, mtu } = step;
  return {
    family: 'ipv6',
    type: 'unicast',
    destination,
    linkIndex,
    table,
    gateway,
    metric: ipv6RouteMetric,
    protocol: truetupleProtocol,
    ...(mtu === undefined ? {} : { mtu }),
  };
}

function ruleOf({ priority, from, table }: StepOf<'add-ipv6-rule' | 'remove-ipv6-rule'>): NewRule {
  return { family: 'ipv6', action: 'table', priority, from, table, protocol: truetupleProtocol };
}
