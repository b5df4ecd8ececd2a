// Keep an identity true: a lost VPC route is put back, a stolen address is fenced. Time is in your hands: an hour takes no time.
import { ensurePublicIdentity } from '@truetuple/core';
import { ManualClock, simulatedPod } from '@truetuple/core/testing';

const clock = new ManualClock();
const { spec, node, ec2, publisher } = simulatedPod({ clock });
const held = await ensurePublicIdentity(spec, { node });
const keeping = await held.keep({
  node,
  onEvent: (event) => console.log(`${event.kind}${'message' in event ? `: ${event.message}` : ''}`),
});
const { publicIp, allocationId, privateIp } = held.identity;

const [table] = ec2.snapshot().routeTables.filter(({ routes }) => routes.length > 1);
await ec2.deleteRoute({
  routeTableId: table?.routeTableId ?? '',
  destinationCidrBlock: `${publicIp}/32`,
});
await clock.advance(60_000);

// somebody who does not play by the rules
const eni = ec2
  .snapshot()
  .networkInterfaces.find(({ privateIpAddresses }) =>
    privateIpAddresses.every(({ privateIpAddress }) => privateIpAddress !== privateIp),
  );
await ec2.associateAddress({
  allocationId,
  networkInterfaceId: eni?.networkInterfaceId ?? '',
  allowReassociation: true,
});
await clock.advance(600_000);
const { kind } = await keeping.ended;
const published = await publisher.current();
console.log(`the keep ended: ${kind}; published: ${published?.publicIp ?? 'nothing'}`);
