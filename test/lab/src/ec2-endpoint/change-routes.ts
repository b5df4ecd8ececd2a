import { action, type Action } from './action.ts';
import { optional, text } from './decode-parameters.ts';
import { refuse } from './refusal.ts';

const done = { return: true } as const;
const route = { RouteTableId: text, DestinationCidrBlock: text, NetworkInterfaceId: text };
/** A new route may also lead to a gateway, which builds a place and is no call of ours. */
const newRoute = {
  RouteTableId: text,
  DestinationCidrBlock: text,
  NetworkInterfaceId: optional(text),
  GatewayId: optional(text),
};

export const createRoute: Action = action('CreateRoute', newRoute, async (ec2, input) => {
  const { RouteTableId: routeTableId, DestinationCidrBlock: destinationCidrBlock } = input;
  const { GatewayId: gatewayId, NetworkInterfaceId: networkInterfaceId } = input;
  if ((gatewayId === undefined) === (networkInterfaceId === undefined)) {
    return refuse('InvalidParameterCombination', 'A route needs exactly one target.');
  }
  if (gatewayId !== undefined) {
    ec2.createGatewayRoute({ routeTableId, destinationCidrBlock, gatewayId });
  } else if (networkInterfaceId !== undefined) {
    await ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
  }
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
