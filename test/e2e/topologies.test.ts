// Who calls whom decides which of our addresses each one is told and sees.
import { boxAddresses, openBox, type VpcBox } from '@truetuple/lab';
import type { Ipv4Address, PeerNetworks } from '@truetuple/sip-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import {
  complete,
  establish,
  privateIp,
  publicIp,
  routedCidrs,
} from '../netns/tuple-matrix-situation.ts';
import { podNetworks } from './gateway-in-pod.ts';
import { cleanGateway, type CleanGateway } from './kamailio-gateway.ts';
import { openSipHost, sipHosts, sipPort, type SipHostName } from './sip-host.ts';
import { expectTrueCall } from './topologies-call.ts';

const podEth0 = boxAddresses.podEth0 as Ipv4Address;

/** The isolated subnet's route table has no /32 of ours, and the gateway is told so. */
const byNet1: PeerNetworks = { ...podNetworks, routedCidrs };
/** One socket: the kernel of the pod writes the public address towards the subnet whose table has the /32. */
const translate: DeliveryPlan = { delivery: 'translate', routedCidrs };
const translated: PeerNetworks = {
  identity: {
    ...podNetworks.identity,
    delivery: 'translate',
    routedCidrs,
    bind: { internet: privateIp, vpc: privateIp },
  },
};
const routes = Object.fromEntries(
  Object.entries(sipHosts).map(([name, { address }]) => [name, `sip:b@${address}:${sipPort}`]),
);

interface Row {
  readonly title: string;
  readonly a: SipHostName;
  readonly b: SipHostName;
}

const rows: readonly Row[] = [
  { title: 'two hosts of the VPC, through the public address', a: 'client', b: 'aws' },
  { title: 'two hosts of the Internet, both legs on net1', a: 'peer', b: 'secondPeer' },
  { title: 'the Internet and the VPC', a: 'peer', b: 'client' },
  { title: 'the VPC and the Internet', a: 'client', b: 'peer' },
];
/** The route table of net1's own subnet has no /32 either. */
const rowsOfNeighbour: readonly Row[] = [
  { title: "a host of net1's own subnet and the Internet", a: 'natgw', b: 'peer' },
  { title: "the VPC and a host of net1's own subnet", a: 'client', b: 'natgw' },
];
const rowsOfIsolated: readonly Row[] = [
  { title: 'a network without our /32 and the Internet', a: 'isolated', b: 'peer' },
  { title: 'the Internet and a network without our /32', a: 'peer', b: 'isolated' },
  { title: 'a network without our /32 and one with it', a: 'isolated', b: 'client' },
  { title: 'a network with our /32 and one without it', a: 'client', b: 'isolated' },
];

/** Hosts whose route tables lead nowhere for the public address. */
const unrouted: ReadonlySet<SipHostName> = new Set(['isolated', 'natgw']);

const worlds = [
  {
    name: 'other private networks reach us by net1',
    situation: complete,
    networks: byNet1,
    unroutedSees: privateIp,
    rows: [...rows, ...rowsOfIsolated, ...rowsOfNeighbour],
  },
  {
    name: 'other private networks reach us by eth0',
    situation: complete,
    networks: { ...byNet1, otherPrivateAddress: podEth0 },
    unroutedSees: podEth0,
    rows: rowsOfIsolated,
  },
  {
    name: 'delivery translate, one socket for all',
    situation: { ...complete, delivery: translate },
    networks: translated,
    unroutedSees: privateIp,
    rows: [...rows, ...rowsOfIsolated, ...rowsOfNeighbour],
  },
] as const;

describe.skipIf(boxIsMissing)('topologies', () => {
  const opened = new AsyncDisposableStack();
  const boxes: VpcBox[] = [];
  const gateways: CleanGateway[] = [];

  beforeAll(async () => {
    for (const { networks, situation } of worlds) {
      const box = opened.use(await openBox());
      await establish(box, situation);
      boxes.push(box);
      gateways.push(opened.use(await cleanGateway(box, { routes, networks })));
    }
  });
  afterAll(async () => opened.disposeAsync());

  for (const [at, { name, rows: those, unroutedSees }] of worlds.entries()) {
    const see = (host: SipHostName): string => (unrouted.has(host) ? unroutedSees : publicIp);
    for (const row of those) {
      it.each(['a', 'b'] as const)(`${name}: ${row.title}; %s hangs up`, async (hangsUp) => {
        const box = boxes[at];
        if (box === undefined) throw new Error('there is no box');
        await using a = await openSipHost(box, row.a, see(row.a));
        await using b = await openSipHost(box, row.b, see(row.b));
        const parties = { a: { host: a, sees: see(row.a) }, b: { host: b, sees: see(row.b) } };
        await expectTrueCall({ ...parties, user: row.b, hangsUp });
        await gateways[at]?.idle();
      });
    }
  }

  it('the isolated subnet has no way to the public address', async () => {
    const routesOfIsolated = await boxes[0]?.netlinks.vpc.routes.list({ table: 103 });
    const destinations = routesOfIsolated?.map(({ destination }) => destination);
    expect(destinations).toContain(`${privateIp}/32`);
    expect(destinations).not.toContain(`${publicIp}/32`);
    expect(destinations).not.toContain('0.0.0.0/0');
  });

  it('nothing is left of any of these calls', async () => {
    await Promise.all(gateways.map(async (gateway) => gateway.nothingLeft()));
  });
});
