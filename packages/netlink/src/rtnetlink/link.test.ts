import { describe, expect, it } from 'vitest';
import { linkStatistics } from '../schema/link.ts';
import { payloadOf, takeApart } from '../testing/captured-message.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeLink } from './decode-link.ts';
import {
  encodeAddLink,
  encodeGetLink,
  encodeListLinks,
  encodeRemoveLink,
  encodeSetLink,
} from './encode-link.ts';
import type { NewLink } from './new-link.ts';

// Requests of iproute2 6.1, taken with strace.
const request = {
  veth:
    '7c00000010000506c121016b00000000000000000000000000000000000000000a00010002000000028000000800' +
    '040078050000090003006e657431000000003c0012000800010076657468300002002c0001000000000000000000' +
    '00000000000000000a0001000200000002010000090003006661723100000000',
  macvlan:
    '4c00000010000506c221016b00000000000000000000000000000000000000000800050003000000080003006d76' +
    '30001c0012000b0001006d6163766c616e000c0002000800010004000000',
  ipvlan:
    '5800000010000506c221016b00000000000000000000000000000000000000000800050003000000090003006970' +
    '763000000000240012000a0001006970766c616e00001400020006000100020000000600020001000000',
};
// The answer of Linux 6.18 for one end of a veth that is up, in a bridge, with rp_filter 2,
// arp_ignore 1, arp_announce 2 and forwarding.
const vethInBridge =
  'd40500001000000001000000cbd8619700000100020000004310010000000000090003006e657431000000000800' +
  '0d00e803000005001000060000000500110000000000050043000000000008000400780500000800320044000000' +
  '08003300ffff000008001b000000000008001e000100000008003d000100000008001f000200000008002800ffff' +
  '0000080029000000010008003a000000010008003f0000000100080040000000010008003b00f8ff070008003c00' +
  'ffff00000800420000000000080020000200000008000a0003000000050021000100000008002300020000000800' +
  '2f000100000008003000010000000600440000000000060045000000000005002700000000000a00010002000000' +
  '028000000a000200ffffffffffff0000cc0017000000000000000000000000000000000000000000000000000000' +
  '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000' +
  '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000' +
  '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000' +
  '00000000000000000000000000000000000000000000000000000000000000000000000064000700000000000000' +
  '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000' +
  '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000c00' +
  '2b0005000200000000006c0112000900010076657468000000000b00040062726964676500005001050005000100' +
  '00000000060002002000000008000300020000000500040000000000050005000000000005000600000000000500' +
  '07000000000005001c00000000000500080001000000050009000100000005001b000100000005001e0001000000' +
  '05000a000000000005000c00000000000c000d0080000200000002800c000e00800002000000028006000f000180' +
  '00000600100000000000060011000180000006001200010000000500130000000000050014000000000005001d00' +
  '0000000006001f000000000005002000000000000500230000000000050024000000000005002100000000000500' +
  '270000000000050028000000000005002b00000000000c00150000000000000000000c0016000000000000000000' +
  '0c001700000000000000000005001900010000000800250000020000080026000000000008002900000000000800' +
  '2a0000000000080025000000000008000500020000000c0006006e6f717565756500c0011a008c00020088000100' +
  '01000000000000000000000001000000010000000100000001000000020000000100000000000000000000000000' +
  '00000000000000000000000000000000000000000000020000000100000000000000000000000000000000000000' +
  '00000000000000000000000010270000e8030000000000000000000000000000000000000100000030010a000800' +
  '01000000008014000500ffff00000d8d0400706a0000e8030000f400020000000000400000007805000001000000' +
  '010000000100000001000000ffffffffa00f0000e803000000000000803a09008051010003000000580200001000' +
  '00000000000001000000010000000100000060ea0000000000000000000000000000000000000000000000000000' +
  '01000000000000000000000010270000e80300000100000000000000000000000100000000000000000000000100' +
  '00000000000000000000000000000000000080ee3600000000000000000001000000000000000000000000000000' +
  '00000000000000000004000000000000ffff0000ffffffff01000000000000000000000000000000140007000000' +
  '0000000000000000000000000000050008000000000024000e000000000000000000000000000000000000000000' +
  '00000000000000000000000004003e8004004180';
const headerLength = 16;
const ipv6Defaults = {
  forwarding: 0,
  hopLimit: 64,
  mtu: 1400,
  acceptRouterAdvertisements: 1,
  acceptRedirects: true,
  autoconfigure: true,
  duplicateDetectionProbes: 1,
  useTemporaryAddresses: 0,
  proxyNeighbourDiscovery: false,
  disabled: false,
  acceptDuplicateDetection: 1,
  keepAddressesOnDown: 0,
  routerSolicitations: -1,
  routerSolicitationIntervalMs: 4000,
  routerSolicitationDelayMs: 1000,
  routerSolicitationMaxIntervalMs: 3_600_000,
  temporaryValidLifetimeS: 604_800,
  temporaryPreferredLifetimeS: 86_400,
  temporaryAddressRetries: 3,
  maxDesyncFactorS: 600,
  maxAddresses: 16,
  forceMldVersion: 0,
  acceptDefaultRouter: true,
  acceptPrefixInformation: true,
  acceptRouterPreference: true,
  routerProbeIntervalMs: 60_000,
  acceptRouteInformationMaxPrefixLength: 0,
  acceptRouteInformationMinPrefixLength: 0,
  optimisticDuplicateDetection: false,
  acceptSourceRoute: 0,
  multicastForwarding: false,
  forceTargetLinkLayerAddress: false,
  notifyNeighbours: false,
  mldv1ReportIntervalMs: 10_000,
  mldv2ReportIntervalMs: 1000,
  suppressFragmentedDiscovery: true,
  acceptRouterAdvertisementsFromLocal: false,
  useOptimistic: false,
  acceptRouterMtu: true,
  useOutgoingLinkAddressesOnly: false,
  acceptMinHopLimit: 1,
  ignoreRoutesWithLinkDown: false,
  dropUnicastInL2Multicast: false,
  dropUnsolicitedAdvertisements: false,
  segmentRouting: false,
  segmentRoutingHmac: 0,
  enhancedDuplicateDetection: true,
  disablePolicy: false,
  discoveryTrafficClass: 0,
  rplSegmentRouting: false,
  defaultRouterMetric: 1024,
  ioam6: false,
  ioam6Id: 65_535,
  ioam6IdWide: 4_294_967_295,
  discoveryEvictNoCarrier: true,
  acceptUntrackedAdvertisements: 0,
  acceptMinLifetimeS: 0,
  addressGeneration: 'eui64',
};
const writer = new MessageWriter(true);

describe('the bytes of link requests', () => {
  it.each<[NewLink, string]>([
    [
      {
        kind: 'veth',
        name: 'net1',
        macAddress: '02:00:00:00:02:80',
        mtu: 1400,
        peer: { name: 'far1', macAddress: '02:00:00:00:02:01' },
      },
      request.veth,
    ],
    [{ kind: 'macvlan', name: 'mv0', parentIndex: 3, mode: 'bridge' }, request.macvlan],
    [
      { kind: 'ipvlan', name: 'ipv0', parentIndex: 3, mode: 'l3s', flags: 'private' },
      request.ipvlan,
    ],
  ])('adding is what ip sends: %j', (link, captured) => {
    const ours = takeApart(encodeAddLink(writer, link), headerLength);
    expect(ours).toEqual(takeApart(captured, headerLength));
  });

  it('adding straight into a namespace, up', () => {
    const message = encodeAddLink(writer, { kind: 'bridge', name: 'b', netns: 17, up: true });
    expect(takeApart(message, headerLength)).toEqual({
      type: 16,
      flags: 0x1 | 0x4 | 0x400 | 0x200,
      header: '00000000000000000100000001000000',
      attributes: { 3: '6200', 28: '11000000', 18: '0a0001006272696467650000' },
    });
  });

  it('by index there is no name, by name there is no index', () => {
    expect(takeApart(encodeGetLink(writer, { index: 7 }), headerLength)).toEqual({
      type: 18,
      flags: 1,
      header: '00000000070000000000000000000000',
      attributes: { 29: '08000000' },
    });
    expect(takeApart(encodeRemoveLink(writer, { name: 'net1' }), headerLength)).toEqual({
      type: 17,
      flags: 5,
      header: '00000000000000000000000000000000',
      attributes: { 3: '6e65743100' },
    });
    expect(takeApart(encodeListLinks(writer), headerLength)).toMatchObject({
      type: 18,
      flags: 0x301,
    });
  });

  it('a change says only what changes', () => {
    const down = takeApart(encodeSetLink(writer, { index: 7 }, { up: false }), headerLength);
    expect(down).toEqual({
      type: 19,
      flags: 5,
      header: '00000000070000000000000001000000',
      attributes: {},
    });
    const change = { name: 'new', mtu: 9001, masterIndex: 0 };
    const renamed = takeApart(encodeSetLink(writer, { index: 7 }, change), headerLength);
    expect(renamed.header).toBe('00000000070000000000000000000000');
    expect(renamed.attributes).toEqual({ 3: '6e657700', 4: '29230000', 10: '00000000' });
  });

  it('IPv4 settings are numbered attributes within AF_INET within AF_SPEC', () => {
    const change = { ipv4: { rpFilter: 2, arpIgnore: 1, forwarding: true } };
    const message = takeApart(encodeSetLink(writer, { name: 'net1' }, change), headerLength);
    expect(message.attributes[26]).toBe(
      '200002001c000100080001000100000008000800020000000800130001000000',
    );
  });

  it('a MAC address that is none is refused', () => {
    expect(() => encodeSetLink(writer, { index: 1 }, { macAddress: '02:00:00:00:00' })).toThrow(
      expect.objectContaining({ code: 'EINPUT' }),
    );
  });
});

describe('the links the kernel reports', () => {
  it('one with everything', () => {
    expect(decodeLink(...payloadOf(vethInBridge))).toEqual({
      index: 2,
      name: 'net1',
      kind: 'veth',
      macAddress: '02:00:00:00:02:80',
      broadcastAddress: 'ff:ff:ff:ff:ff:ff',
      mtu: 1400,
      minMtu: 68,
      maxMtu: 65535,
      txQueueLength: 1000,
      operState: 'up',
      flags: ['up', 'broadcast', 'running', 'multicast', 'lowerUp'],
      promiscuity: 1,
      allMulticastCount: 1,
      group: 0,
      queueDiscipline: 'noqueue',
      txQueues: 2,
      rxQueues: 2,
      linkMode: 'default',
      carrier: true,
      carrierUpCount: 1,
      carrierDownCount: 1,
      protocolDown: false,
      gsoMaxSize: 65_536,
      gsoMaxSegments: 65_535,
      gsoIpv4MaxSize: 65_536,
      groMaxSize: 65_536,
      groIpv4MaxSize: 65_536,
      tsoMaxSize: 524_280,
      tsoMaxSegments: 65_535,
      maxPacingOffloadHorizon: 0,
      headroom: 0,
      tailroom: 0,
      netnsImmutable: false,
      up: true,
      lowerUp: true,
      statistics: Object.fromEntries(Object.keys(linkStatistics).map((name) => [name, 0])),
      parentIndex: 2,
      parentNetnsId: 0,
      masterIndex: 3,
      ipv4: {
        available: true,
        forwarding: true,
        proxyArp: false,
        acceptRedirects: true,
        secureRedirects: true,
        sendRedirects: true,
        rpFilter: 2,
        acceptSourceRoute: true,
        logMartians: false,
        arpFilter: false,
        arpAnnounce: 2,
        arpIgnore: 1,
        promoteSecondaries: false,
        arpAccept: 0,
        arpNotify: false,
        acceptLocal: false,
        srcValidMark: false,
        proxyArpPvlan: false,
        routeLocalnet: false,
        multicastForwarding: false,
        sharedMedia: true,
        bootpRelay: false,
        tag: 0,
        mediumId: 0,
        disableXfrm: false,
        disablePolicy: false,
        forceIgmpVersion: 0,
        igmpv2ReportIntervalMs: 10_000,
        igmpv3ReportIntervalMs: 1000,
        ignoreRoutesWithLinkDown: false,
        dropUnicastInL2Multicast: false,
        dropGratuitousArp: false,
        broadcastForwarding: false,
        arpEvictNoCarrier: true,
      },
      ipv6: ipv6Defaults,
      unknownAttributes: [],
    });
  });

  it('without IPv4 settings they are not available', () => {
    const message = encodeAddLink(writer, { kind: 'dummy', name: 'd0' });
    const link = decodeLink(new DataView(message.buffer, 0, message.length), 16, message.length);
    expect(link).toMatchObject({
      name: 'd0',
      kind: 'dummy',
      ipv4: { available: false, rpFilter: 0 },
    });
  });
});
