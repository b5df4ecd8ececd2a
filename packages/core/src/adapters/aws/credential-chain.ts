import { containerCredentials } from './container-credentials.ts';
import { credentialsError } from './credentials-error.ts';
import { instanceCredentials } from './instance-credentials.ts';
import type { Environment } from './aws-endpoint.ts';
import type { AwsCredentials } from './sign-request.ts';
import { webIdentityCredentials } from './web-identity-credentials.ts';

/** Asks for credentials anew; `refreshing` is what keeps them. */
export type CredentialSource = () => Promise<AwsCredentials>;

/**
 * Where a pod's credentials come from, in the order of AWS's SDKs: the environment, a web identity (IRSA), the container's
 * endpoint (Pod Identity, ECS), the instance's role. The first that is configured is the one: what it refuses, the next is not asked for.
 *
 * @throws Error named CredentialsProviderError
 */
export async function chainedCredentials(
  environment: Environment,
  region: string,
): Promise<AwsCredentials> {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ROLE_ARN: roleArn = '',
    AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile = '',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relativeUri,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: fullUri,
  } = environment;
  if (accessKeyId !== '' && secretAccessKey !== '') {
    return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined };
  }
  if (roleArn !== '' && tokenFile !== '') {
    return webIdentityCredentials({ roleArn, tokenFile, region, environment });
  }
  if (relativeUri || fullUri) return containerCredentials(environment);
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() !== 'true') {
    return instanceCredentials(environment);
  }
  const profile = environment['AWS_PROFILE'];
  throw credentialsError(
    profile === undefined
      ? 'neither the environment, nor a web identity, nor a container endpoint is configured, and instance metadata is turned off'
      : `the profile ${profile} is not read: hand in its credentials, as a function of @aws-sdk/credential-providers gives them`,
  );
}

/** How long before they end credentials are asked for anew. */
const marginMs = 300_000;
/** After a refusal, while the old ones last. */
const pauseMs = 60_000;

/**
 * Keeps what a source gave until shortly before it ends, asks once for all who wait, and goes on with the old as long as they are
 * valid when the source refuses. Credentials that are given although they have ended are used: the instance's role is
 * stretched so by EC2 when it cannot renew it.
 */
export function refreshing(source: CredentialSource, now: () => number): CredentialSource {
  let held: AwsCredentials | undefined;
  let askAgainAt = 0;
  let asking: Promise<AwsCredentials> | undefined;
  const ask = async (): Promise<AwsCredentials> => {
    try {
      held = await source();
      const ends = held.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
      askAgainAt = Math.max(ends - marginMs, now() + pauseMs);
      return held;
    } catch (error) {
      const ends = held?.expiration?.getTime() ?? 0;
      if (held === undefined || ends <= now()) throw error;
      askAgainAt = now() + pauseMs;
      return held;
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    if (held !== undefined && now() < askAgainAt) return held;
    asking ??= ask();
    return asking;
  };
}
