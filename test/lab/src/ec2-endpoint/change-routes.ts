import { action, type Action } from './action.ts';
import { text } from './decode-parameters.ts';

const done = { return: true } as const;
/** Of the targets a route may have, only the network interface is taken over the wire. */
const route = { RouteTableId: text, DestinationCidrBlock: text, NetworkInterfaceId: text };

export const createRoute: Action = action('CreateRoute', route, async (ec2, input) => {
  await ec2.createRoute({
    routeTableId: input.RouteTableId,
    destinationCidrBlock: input.DestinationCidrBlock,
    networkInterfaceId: input.NetworkInterfaceId,
  });
  return done;
});

export const replaceRoute: Action = action('ReplaceRoute', route, async (ec2, input) => {
  await ec2.replaceRoute({
    routeTableId: input.RouteTableId,
    destinationCidrBlock: input.DestinationCidrBlock,
    networkInterfaceId: input.NetworkInterfaceId,
  });
  return done;
});

export const deleteRoute: Action = action(
  'DeleteRoute',
  { RouteTableId: text, DestinationCidrBlock: text },
  async (ec2, input) => {
    await ec2.deleteRoute({
      routeTableId: input.RouteTableId,
      destinationCidrBlock: input.DestinationCidrBlock,
    });
    return done;
  },
);
