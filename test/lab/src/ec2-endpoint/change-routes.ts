import { action, type Action } from './action.ts';
import { optional, text } from './decode-parameters.ts';
import { refuse } from './refusal.ts';

const done = { return: true } as const;
const route = { RouteTableId: text, DestinationCidrBlock: text, NetworkInterfaceId: text };
/** A new route may also lead to a gateway, which builds a place and is no call of ours. */
const newRoute = {
  RouteTableId: text,
  DestinationCidrBlock: optional(text),
  DestinationPrefixListId: optional(text),
  NetworkInterfaceId: optional(text),
  GatewayId: optional(text),
};

export const createRoute: Action = action('CreateRoute', newRoute, async (ec2, input) => {
  const { RouteTableId: routeTableId, DestinationCidrBlock: destinationCidrBlock } = input;
  const { GatewayId: gatewayId, NetworkInterfaceId: networkInterfaceId } = input;
  const { DestinationPrefixListId: destinationPrefixListId } = input;
  if ((gatewayId === undefined) === (networkInterfaceId === undefined)) {
    return refuse('InvalidParameterCombination', 'A route needs exactly one target.');
  }
  if (destinationCidrBlock !== undefined && destinationPrefixListId === undefined) {
    if (gatewayId !== undefined) {
      ec2.createGatewayRoute({ routeTableId, destinationCidrBlock, gatewayId });
    } else if (networkInterfaceId !== undefined) {
      await ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
    }
    return done;
  }
  if (destinationPrefixListId === undefined || networkInterfaceId === undefined) {
    return refuse(
      'InvalidParameterCombination',
      'A route needs one destination; a prefix list leads to an interface.',
    );
  }
  ec2.createPrefixListRoute({ routeTableId, destinationPrefixListId, networkInterfaceId });
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
