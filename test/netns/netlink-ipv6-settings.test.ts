import type { Ipv6LinkSettings } from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { ipv6Settings } from '../../packages/netlink/src/schema/link.ts';
import { linkNamed, openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

type Setting = Exclude<keyof Ipv6LinkSettings, 'addressGeneration'>;

/** Where /proc/sys/net/ipv6/conf/<link>/ has the same figure. */
const files = {
  forwarding: 'forwarding',
  hopLimit: 'hop_limit',
  mtu: 'mtu',
  acceptRouterAdvertisements: 'accept_ra',
  acceptRedirects: 'accept_redirects',
  autoconfigure: 'autoconf',
  duplicateDetectionProbes: 'dad_transmits',
  routerSolicitations: 'router_solicitations',
  useTemporaryAddresses: 'use_tempaddr',
  temporaryValidLifetimeS: 'temp_valid_lft',
  temporaryPreferredLifetimeS: 'temp_prefered_lft',
  temporaryAddressRetries: 'regen_max_retry',
  maxDesyncFactorS: 'max_desync_factor',
  maxAddresses: 'max_addresses',
  forceMldVersion: 'force_mld_version',
  acceptDefaultRouter: 'accept_ra_defrtr',
  acceptPrefixInformation: 'accept_ra_pinfo',
  acceptRouterPreference: 'accept_ra_rtr_pref',
  acceptRouteInformationMaxPrefixLength: 'accept_ra_rt_info_max_plen',
  proxyNeighbourDiscovery: 'proxy_ndp',
  optimisticDuplicateDetection: 'optimistic_dad',
  acceptSourceRoute: 'accept_source_route',
  multicastForwarding: 'mc_forwarding',
  disabled: 'disable_ipv6',
  acceptDuplicateDetection: 'accept_dad',
  forceTargetLinkLayerAddress: 'force_tllao',
  notifyNeighbours: 'ndisc_notify',
  mldv1ReportIntervalMs: 'mldv1_unsolicited_report_interval',
  mldv2ReportIntervalMs: 'mldv2_unsolicited_report_interval',
  suppressFragmentedDiscovery: 'suppress_frag_ndisc',
  acceptRouterAdvertisementsFromLocal: 'accept_ra_from_local',
  useOptimistic: 'use_optimistic',
  acceptRouterMtu: 'accept_ra_mtu',
  useOutgoingLinkAddressesOnly: 'use_oif_addrs_only',
  acceptMinHopLimit: 'accept_ra_min_hop_limit',
  ignoreRoutesWithLinkDown: 'ignore_routes_with_linkdown',
  dropUnicastInL2Multicast: 'drop_unicast_in_l2_multicast',
  dropUnsolicitedAdvertisements: 'drop_unsolicited_na',
  keepAddressesOnDown: 'keep_addr_on_down',
  segmentRouting: 'seg6_enabled',
  segmentRoutingHmac: 'seg6_require_hmac',
  enhancedDuplicateDetection: 'enhanced_dad',
  disablePolicy: 'disable_policy',
  acceptRouteInformationMinPrefixLength: 'accept_ra_rt_info_min_plen',
  discoveryTrafficClass: 'ndisc_tclass',
  rplSegmentRouting: 'rpl_seg_enabled',
  defaultRouterMetric: 'ra_defrtr_metric',
  ioam6: 'ioam6_enabled',
  ioam6Id: 'ioam6_id',
  ioam6IdWide: 'ioam6_id_wide',
  discoveryEvictNoCarrier: 'ndisc_evict_nocarrier',
  acceptUntrackedAdvertisements: 'accept_untracked_na',
  acceptMinLifetimeS: 'accept_ra_min_lft',
} satisfies Partial<Record<Setting, string>>;

/** There in seconds, by netlink in milliseconds. */
const filesInSeconds = {
  routerSolicitationIntervalMs: 'router_solicitation_interval',
  routerSolicitationDelayMs: 'router_solicitation_delay',
  routerProbeIntervalMs: 'router_probe_interval',
  routerSolicitationMaxIntervalMs: 'router_solicitation_max_interval',
} satisfies Partial<Record<Setting, string>>;

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`IPv6 settings of a link${needs}`, () => {
  it('are all compared', () => {
    const compared = Object.keys({ ...files, ...filesInSeconds });
    expect(compared.toSorted()).toEqual(Object.keys(ipv6Settings).toSorted());
  });

  it.each([
    ...Object.entries(files).map(([ours, file]) => ({ ours, file, unit: 1 })),
    ...Object.entries(filesInSeconds).map(([ours, file]) => ({ ours, file, unit: 1000 })),
  ])('$ours is what /proc/sys shows as $file, before and after a change', async (row) => {
    using pair = await openPair();
    const path = `/proc/sys/net/ipv6/conf/net1/${row.file}`;
    const told = async (): Promise<number> => {
      const { ipv6 } = await linkNamed(pair.netlink, 'net1');
      return Number(ipv6?.[row.ours as Setting]);
    };
    const before = Number(pair.here.readFile(path));
    expect(await told()).toBe(before * row.unit);
    // whole ticks of the kernel's clock where it is a time
    const less = row.ours.endsWith('Ms') && row.unit === 1 ? before / 2 : before - 1;
    const other = String(before <= 0 ? 1 : less);
    // the kernel itself sets it, for a multicast router
    if (row.ours === 'multicastForwarding') {
      expect(() => pair.here.writeFile(path, other)).toThrow();
      return;
    }
    pair.here.writeFile(path, other);
    expect(Number(pair.here.readFile(path))).toBe(Number(other));
    expect(await told()).toBe(Number(other) * row.unit);
  });
});
