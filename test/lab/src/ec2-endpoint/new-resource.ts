import type { SimulatedEc2 } from '@truetuple/core/testing';
import { list, optional, struct, text, type Decode } from './decode-parameters.ts';
import { tagSet } from './encode-resources.ts';
import type { XmlFields } from './encode-xml.ts';
import { refuse } from './refusal.ts';

interface TagSpecification {
  readonly ResourceType: string;
  readonly Tag: readonly { readonly Key: string; readonly Value: string | undefined }[];
}

/** TagSpecification.N of an action that makes something. */
export const tagSpecification: Decode<readonly TagSpecification[] | undefined> = optional(
  list(struct({ ResourceType: text, Tag: list(struct({ Key: text, Value: optional(text) })) })),
);

/** Tags for what is made; a specification for any other resource is refused. */
export function tagsFor(
  resourceType: string,
  specifications: readonly TagSpecification[] | undefined,
): Readonly<Record<string, string>> {
  for (const { ResourceType } of specifications ?? []) {
    if (ResourceType === resourceType) continue;
    refuse(
      'InvalidParameterValue',
      `'${ResourceType}' is not a valid taggable resource type for this operation.`,
    );
  }
  const all = (specifications ?? []).flatMap(({ Tag }) => Tag);
  return Object.fromEntries(all.map(({ Key, Value }) => [Key, Value ?? '']));
}

/** The same tags as the answer shows them. */
export function tagSetOf(tags: Readonly<Record<string, string>>): XmlFields[] {
  return tagSet(Object.entries(tags).map(([key, value]) => ({ key, value })));
}

interface CreateRequest {
  readonly action: string;
  readonly input: { readonly ClientToken: string | undefined };
}

interface Made {
  /** The request, as JSON. */
  readonly asked: string;
  readonly answer: XmlFields;
}

/** What each action made for a ClientToken: the same token makes nothing twice (EC2 API reference, "Ensuring idempotency"). */
const made = new WeakMap<SimulatedEc2, Map<string, Made>>();

/**
 * @returns what a request with this token made before, or what `make` makes now; the token with other parameters is refused with
 * IdempotentParameterMismatch
 */
export function once(
  ec2: SimulatedEc2,
  { action, input }: CreateRequest,
  make: () => XmlFields,
): XmlFields {
  const { ClientToken: token } = input;
  if (token === undefined) return make();
  const key = `${action} ${token}`;
  const ofRegion = made.get(ec2) ?? new Map<string, Made>();
  made.set(ec2, ofRegion);
  const asked = JSON.stringify(input);
  const known = ofRegion.get(key);
  if (known === undefined) {
    const answer = make();
    ofRegion.set(key, { asked, answer });
    return answer;
  }
  if (known.asked === asked) return known.answer;
  return refuse(
    'IdempotentParameterMismatch',
    `The client token '${token}' was used with other parameters before.`,
  );
}
