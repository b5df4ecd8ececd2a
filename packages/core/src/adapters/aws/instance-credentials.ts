import { credentialsError } from './credentials-error.ts';
import { openMetadata, type ReadMetadata } from './metadata-session.ts';
import type { Environment } from './aws-endpoint.ts';
import type { AwsCredentials } from './sign-request.ts';
import { readCredentialsJson } from './temporary-credentials.ts';

const folder = 'iam/security-credentials/';

/**
 * Credentials of the instance's role, by version 2 of its metadata service.
 *
 * @throws Error named CredentialsProviderError
 */
export async function instanceCredentials(environment: Environment): Promise<AwsCredentials> {
  const endpoint =
    environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ??
    (environment['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'] === 'IPv6'
      ? 'http://[fd00:ec2::254]'
      : undefined);
  try {
    // a pod behind a hop limit of 1 never gets an answer: two tries, two seconds
    const read = await openMetadata({ tries: 2, ...(endpoint === undefined ? {} : { endpoint }) });
    return readCredentialsJson(await roleDocument(read), 'instance metadata');
  } catch (error) {
    if (error instanceof Error && error.name === 'CredentialsProviderError') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw credentialsError(`the instance's role: ${why}`, error);
  }
}

async function roleDocument(read: ReadMetadata): Promise<string> {
  const role = (await read(folder))?.split('\n')[0]?.trim();
  const document = role ? await read(`${folder}${role}`) : undefined;
  if (document === undefined) throw credentialsError('the instance has no role');
  return document;
}
