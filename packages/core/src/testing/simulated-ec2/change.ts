import type { Tag } from '../../cloud/ec2/ec2-api.ts';

/** What a write did to the simulated cloud; a data plane follows these. */
export type Ec2Change =
  | {
      readonly kind: 'private-ip-assigned' | 'private-ip-unassigned';
      readonly networkInterfaceId: string;
      readonly privateIp: string;
    }
  | {
      readonly kind: 'ipv6-address-assigned' | 'ipv6-address-unassigned';
      readonly networkInterfaceId: string;
      readonly ipv6Address: string;
    }
  | {
      readonly kind: 'ipv6-prefix-assigned' | 'ipv6-prefix-unassigned';
      readonly networkInterfaceId: string;
      readonly ipv6Prefix: string;
    }
  | {
      readonly kind: 'address-associated' | 'address-disassociated';
      readonly allocationId: string;
      readonly publicIp: string;
      readonly associationId: string;
      readonly networkInterfaceId: string;
      readonly privateIp: string;
    }
  | {
      readonly kind: 'route-created' | 'route-replaced';
      readonly routeTableId: string;
      readonly destinationCidrBlock: string;
      readonly networkInterfaceId: string;
    }
  | {
      readonly kind: 'route-deleted';
      readonly routeTableId: string;
      readonly destinationCidrBlock: string;
    }
  | {
      readonly kind: 'source-dest-check-changed';
      readonly networkInterfaceId: string;
      readonly sourceDestCheck: boolean;
    }
  | {
      readonly kind: 'tags-changed';
      readonly resourceId: string;
      readonly tags: readonly Tag[];
    };

/** May return a promise: the write that made the change answers only once it has settled. */
export type Ec2ChangeListener = (change: Ec2Change) => void | Promise<void>;
