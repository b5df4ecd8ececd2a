import { readToken } from './container-credentials.ts';
import { credentialsError } from './credentials-error.ts';
import { formContentType, formOf, readRefusal } from './query-protocol.ts';
import { awsEndpoint, type Environment } from './aws-endpoint.ts';
import type { AwsCredentials } from './sign-request.ts';
import { askForCredentials, requireCredentials } from './temporary-credentials.ts';
import { childOf, parseXml, textOf } from './xml.ts';

export interface WebIdentity {
  readonly roleArn: string;
  /** The service account's token, which Kubernetes changes: it is read each time. */
  readonly tokenFile: string;
  readonly region: string;
  readonly environment: Environment;
}

/**
 * STS AssumeRoleWithWebIdentity, the one action of AWS that is not signed, at the region's own STS.
 *
 * @throws Error named CredentialsProviderError
 */
export async function webIdentityCredentials(identity: WebIdentity): Promise<AwsCredentials> {
  const { roleArn, tokenFile, region, environment } = identity;
  const token = await readToken(tokenFile);
  const answer = await askForCredentials({
    method: 'POST',
    url: awsEndpoint('sts', region, environment),
    headers: { 'content-type': formContentType },
    body: formOf('AssumeRoleWithWebIdentity', '2011-06-15', {
      RoleArn: roleArn,
      RoleSessionName: environment['AWS_ROLE_SESSION_NAME'] ?? 'truetuple',
      WebIdentityToken: token,
    }),
    timeoutMs: 5_000,
  });
  if (answer.status !== 200) {
    const { code, message } = readRefusal(answer);
    throw credentialsError(`STS does not give the role ${roleArn}: ${code}: ${message}`);
  }
  const result = childOf(parseXml(answer.text), 'AssumeRoleWithWebIdentityResult');
  const credentials = childOf(result, 'Credentials');
  return requireCredentials(
    {
      accessKeyId: textOf(credentials, 'AccessKeyId'),
      secretAccessKey: textOf(credentials, 'SecretAccessKey'),
      sessionToken: textOf(credentials, 'SessionToken'),
      expiration: textOf(credentials, 'Expiration'),
    },
    'STS',
  );
}
