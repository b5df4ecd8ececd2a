/** The variables of a process that say where AWS is and as whom it is asked. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Domains of a partition, by the start of its regions' names; botocore and the SDKs carry the same list. */
const partitions: readonly (readonly [prefix: string, domain: string, dualStackDomain: string])[] =
  [
    ['cn-', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
    ['eusc-', 'amazonaws.eu', 'api.amazonwebservices.eu'],
    ['us-iso-', 'c2s.ic.gov', 'api.aws.ic.gov'],
    ['us-isob-', 'sc2s.sgov.gov', 'api.aws.scloud'],
    ['eu-isoe-', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
    ['us-isof-', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ];
const otherwise = ['', 'amazonaws.com', 'api.aws'] as const;

/**
 * Where a service of a region is asked: AWS_ENDPOINT_URL_EC2 (or _STS), AWS_ENDPOINT_URL, or the region's own endpoint, by
 * AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT the kind that they ask for.
 */
export function awsEndpoint(service: 'ec2' | 'sts', region: string, environment: Environment): URL {
  const configured =
    environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true'
      ? undefined
      : (environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??
        environment['AWS_ENDPOINT_URL']);
  if (configured !== undefined && configured !== '') return new URL(configured);
  const isFips = environment['AWS_USE_FIPS_ENDPOINT'] === 'true';
  const isDualStack = environment['AWS_USE_DUALSTACK_ENDPOINT'] === 'true';
  const [, domain, dualStackDomain] =
    partitions.find(([prefix]) => region.startsWith(prefix)) ?? otherwise;
  // in GovCloud the plain endpoints are the validated ones
  const isNamedFips = isFips && (isDualStack || !region.startsWith('us-gov-'));
  const host = `${service}${isNamedFips ? '-fips' : ''}.${region}`;
  return new URL(`https://${host}.${isDualStack ? dualStackDomain : domain}`);
}
