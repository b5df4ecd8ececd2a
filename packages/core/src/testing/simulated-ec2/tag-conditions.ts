import type { Ec2Action } from '../../cloud/ec2-action.ts';
import type { Tag } from '../../cloud/ec2-api.ts';
import type { CloudState, Tags } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/**
 * What an IAM policy with `ec2:ResourceTag` asks for: the calls may touch only resources of that kind which carry the tag, as they
 * are before the call.
 */
export interface TagCondition {
  readonly actions: readonly Ec2Action[];
  readonly resource: 'elastic-ip' | 'network-interface' | 'route-table';
  readonly tag: Tag;
}

/** Where calls name resources; CreateTags and DeleteTags name them by `resources`. */
interface NamedResources {
  readonly allocationId?: string;
  readonly associationId?: string;
  readonly networkInterfaceId?: string;
  readonly routeTableId?: string;
  readonly resources?: readonly string[];
}

/** Refuses a call with UnauthorizedOperation when a condition on its action is not met. A resource that is not there is EC2's to refuse. */
export function requireTagged(
  state: CloudState,
  { action, input }: { readonly action: Ec2Action; readonly input: unknown },
  conditions: readonly TagCondition[],
): void {
  for (const { actions, resource, tag } of conditions) {
    if (!actions.includes(action)) continue;
    const isMet = touched(state, resource, (input ?? {}) as NamedResources).every(
      (tags) => tags.get(tag.key) === tag.value,
    );
    if (isMet) continue;
    refuse(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation: ec2:${action} on a ${resource} without ${tag.key}=${tag.value}.`,
    );
  }
}

function touched(
  state: CloudState,
  resource: TagCondition['resource'],
  input: NamedResources,
): Tags[] {
  const { resources = [], networkInterfaceId, routeTableId } = input;
  const ids = new Set([...resources, networkInterfaceId, routeTableId, addressOf(state, input)]);
  const all = {
    'elastic-ip': state.addresses,
    'network-interface': state.networkInterfaces,
    'route-table': state.routeTables,
  }[resource];
  return [...all].flatMap(([id, { tags }]) => (ids.has(id) ? [tags] : []));
}

function addressOf(
  { addresses }: CloudState,
  { allocationId, associationId }: NamedResources,
): string | undefined {
  if (associationId === undefined) return allocationId;
  const all = [...addresses.values()];
  return all.find(({ association }) => association?.associationId === associationId)?.allocationId;
}
