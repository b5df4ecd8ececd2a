import type { Ec2Action } from '../../../cloud/ec2/ec2-action.ts';
import type { Tag } from '../../../cloud/ec2/ec2-api.ts';
import type { CloudState, Tags } from '../cloud-state.ts';
import { refuse } from '../refuse.ts';

/** What an IAM policy asks of tags: those of what a call touches, or those that a call names. */
export type TagCondition = ResourceTagCondition | RequestTagCondition;

/** `ec2:ResourceTag`: the calls may touch only resources of that kind which carry the tag, as they are before the call. */
export interface ResourceTagCondition {
  readonly actions: readonly Ec2Action[];
  readonly resource: 'elastic-ip' | 'network-interface' | 'route-table';
  readonly tag: Tag;
}

/**
 * `aws:TagKeys` with `ForAllValues:StringEquals`, and `Null` with `false`: the calls name tags, and no others than these. So a
 * DeleteTags that names none, and would take all away, is refused.
 */
export interface RequestTagCondition {
  readonly actions: readonly Ec2Action[];
  readonly requestTagKeys: readonly string[];
}

/** Where calls name resources; CreateTags and DeleteTags name them by `resources`. */
interface NamedResources {
  readonly allocationId?: string;
  readonly associationId?: string;
  readonly networkInterfaceId?: string;
  readonly routeTableId?: string;
  readonly resources?: readonly string[];
  readonly tags?: readonly { readonly key: string }[];
}

/** The actions that a call needs a right to: what is tagged as it is made needs that to tag, too (EC2 user guide, "Grant permission to tag resources during creation"). */
export function rightsOf(action: Ec2Action, input: unknown): readonly Ec2Action[] {
  const { tags = [] } = (input ?? {}) as NamedResources;
  return action === 'AllocateAddress' && tags.length > 0 ? [action, 'CreateTags'] : [action];
}

/** Refuses a call with UnauthorizedOperation when a condition on its action is not met. A resource that is not there is EC2's to refuse. */
export function requireTagged(
  state: CloudState,
  { action, input }: { readonly action: Ec2Action; readonly input: unknown },
  conditions: readonly TagCondition[],
): void {
  const named = (input ?? {}) as NamedResources;
  for (const condition of conditions) {
    if (!condition.actions.includes(action)) continue;
    const lack = lackOf(state, named, condition);
    if (lack === undefined) continue;
    refuse(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation: ec2:${action} ${lack}.`,
    );
  }
}

/** What a condition finds wrong. */
function lackOf(
  state: CloudState,
  named: NamedResources,
  condition: TagCondition,
): string | undefined {
  if ('requestTagKeys' in condition) {
    const { tags = [] } = named;
    if (tags.length === 0) return 'without tags';
    const other = tags.find(({ key }) => !condition.requestTagKeys.includes(key));
    return other && `with the tag ${other.key}`;
  }
  const { resource, tag } = condition;
  const isMet = touched(state, resource, named).every((tags) => tags.get(tag.key) === tag.value);
  return isMet ? undefined : `on a ${resource} without ${tag.key}=${tag.value}`;
}

function touched(
  state: CloudState,
  resource: ResourceTagCondition['resource'],
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
