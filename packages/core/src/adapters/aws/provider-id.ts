import { CoreError } from '../../errors.ts';

/** What a Kubernetes Node says of the instance that it runs on, with no call to anybody. */
export interface InstancePlace {
  readonly instanceId: string;
  /** Such as `eu-central-1a`, or `us-west-2-lax-1a` for a local zone. */
  readonly availabilityZone: string;
  readonly region: string;
}

const instanceIdPattern = /^i-[0-9a-f]{8,17}$/;
/** A zone's name begins with its region's; local and wavelength zones put a place between that and their letter. */
const regionInZone = /^[a-z]{2,4}(?:-[a-z]+)+-\d+(?=[a-z]|-)/;

/**
 * Reads `spec.providerID` of a Node as the AWS cloud provider writes it: `aws:///ZONE/INSTANCE`.
 *
 * @throws CoreError NodeFactsInvalid
 */
export function parseProviderId(providerId: string): InstancePlace {
  const [, availabilityZone = '', instanceId = ''] =
    /^aws:\/\/[^/]*\/([^/]+)\/([^/]+)$/.exec(providerId) ?? [];
  const region = regionOfZone(availabilityZone);
  if (region !== undefined && instanceIdPattern.test(instanceId)) {
    return { instanceId, availabilityZone, region };
  }
  throw new CoreError({
    code: 'NodeFactsInvalid',
    message: `The provider id ${JSON.stringify(providerId)} names no EC2 instance and zone`,
    remedy:
      'Give spec.providerID of a Node on EC2, such as aws:///eu-central-1a/i-0123456789abcdef0. A Fargate or hybrid node has no ENI that can be used.',
    retry: 'never',
  });
}

/** The region that a zone is in; undefined for what is no zone's name. */
export function regionOfZone(availabilityZone: string): string | undefined {
  return regionInZone.exec(availabilityZone)?.[0];
}
