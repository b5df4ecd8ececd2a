import type { Tag } from '../../cloud/ec2/ec2-api.ts';
import { requireKnown } from './addresses.ts';
import { tagList, type CloudState, type Tags } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** EC2 user guide, tag restrictions. */
const keyLimit = 128;
const resourceLimit = 1000;
const valueLimit = 256;

/** CreateTags: overwrites without asking; the same tags on every resource, or on none. */
export function createTags(
  state: CloudState,
  input: { readonly resources: readonly string[]; readonly tags: readonly Tag[] },
): void {
  requireResources(input.resources);
  const all = input.resources.map((id) => ({ id, tags: tagsOf(state, id) }));
  if (input.tags.length === 0)
    refuse('MissingParameter', 'The request must contain the parameter Tags');
  for (const tag of input.tags) requireTag(tag);
  for (const { id, tags } of all) {
    const keys = new Set([...tags.keys(), ...input.tags.map(({ key }) => key)]);
    if (keys.size > state.rules.tagsPerResource) {
      refuse('TagLimitExceeded', `The maximum number of tags of ${id} has been reached.`);
    }
  }
  for (const { id, tags } of all) {
    for (const { key, value } of input.tags) tags.set(key, value);
    noteTags(state, id, tags);
  }
}

/** One at least, 1,000 at most (API reference, CreateTags); the code for more is documented nowhere. */
function requireResources(resources: readonly string[]): void {
  if (resources.length === 0) {
    refuse('MissingParameter', 'The request must contain the parameter ResourceId');
  }
  if (resources.length > resourceLimit) {
    refuse('InvalidParameterValue', `At most ${resourceLimit} resources are tagged by one call.`);
  }
}

function requireTag({ key, value }: Tag): void {
  if (key === '' || key.length > keyLimit || key.startsWith('aws:')) {
    refuse('InvalidParameterValue', `Tag key '${key}' is not valid.`);
  }
  if (value.length > valueLimit) {
    refuse('InvalidParameterValue', `Tag value of '${key}' exceeds ${valueLimit} characters.`);
  }
}

/** Arguments of DeleteTags: a tag without a value goes whatever its value, no tags at all means every tag. */
export interface DeleteTagsInput {
  readonly resources: readonly string[];
  /** Without a value a tag goes whatever its value; without tags all tags go. */
  readonly tags?:
    | readonly { readonly key: string; readonly value?: string | undefined }[]
    | undefined;
}

/** DeleteTags: with a value it is compare-and-delete. */
export function deleteTags(state: CloudState, input: DeleteTagsInput): void {
  requireResources(input.resources);
  const all = input.resources.map((id) => ({ id, tags: tagsOf(state, id) }));
  for (const { id, tags } of all) {
    const before = tags.size;
    for (const { key, value } of input.tags ?? tagList(tags)) {
      if (value === undefined || tags.get(key) === value) tags.delete(key);
    }
    if (tags.size !== before) noteTags(state, id, tags);
  }
}

function noteTags(state: CloudState, resourceId: string, tags: Tags): void {
  state.changes.push({ kind: 'tags-changed', resourceId, tags: tagList(tags) });
}

const kinds: Readonly<Record<string, { readonly of: keyof CloudState; readonly missing: string }>> =
  {
    eni: { of: 'networkInterfaces', missing: 'InvalidNetworkInterfaceID.NotFound' },
    eipalloc: { of: 'addresses', missing: 'InvalidAllocationID.NotFound' },
    rtb: { of: 'routeTables', missing: 'InvalidRouteTableID.NotFound' },
    subnet: { of: 'subnets', missing: 'InvalidSubnetID.NotFound' },
    sg: { of: 'securityGroups', missing: 'InvalidGroup.NotFound' },
    acl: { of: 'networkAcls', missing: 'InvalidNetworkAclID.NotFound' },
    pl: { of: 'prefixLists', missing: 'InvalidPrefixListID.NotFound' },
    vpc: { of: 'vpcs', missing: 'InvalidVpcID.NotFound' },
    i: { of: 'instances', missing: 'InvalidInstanceID.NotFound' },
  };

function tagsOf(state: CloudState, id: string): Tags {
  const kind = kinds[id.split('-')[0] ?? ''];
  if (kind === undefined) refuse('InvalidID', `The ID '${id}' is not valid`);
  const fresh = kind.of === 'addresses' ? state.addresses.get(id) : undefined;
  if (fresh !== undefined) requireKnown(state, fresh, 'InvalidElasticIpID.NotFound');
  const found = (state[kind.of] as ReadonlyMap<string, { readonly tags: Tags }>).get(id);
  return found?.tags ?? refuse(kind.missing, `The ID '${id}' does not exist`);
}
