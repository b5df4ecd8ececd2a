import { readFile } from 'node:fs/promises';
import { isIpv4Address } from '../../identity/address.ts';
import { credentialsError } from './credentials-error.ts';
import type { Environment } from './aws-endpoint.ts';
import type { AwsCredentials } from './sign-request.ts';
import { askForCredentials, readCredentialsJson } from './temporary-credentials.ts';

/** The agents of ECS and of EKS Pod Identity: the only hosts outside of the machine that a token may go to in the clear. */
const agents: ReadonlySet<string> = new Set([
  '169.254.170.2',
  '169.254.170.23',
  '[fd00:ec2::23]',
  'localhost',
  '[::1]',
]);

/**
 * Credentials of the container's endpoint (AWS SDKs and Tools reference, "Container credential provider"), with the token of the file, which is
 * read each time because Kubernetes changes it.
 *
 * @throws Error named CredentialsProviderError
 */
export async function containerCredentials(environment: Environment): Promise<AwsCredentials> {
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url = relative
    ? new URL(relative, 'http://169.254.170.2')
    : new URL(environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '');
  const { hostname } = url;
  const isLoopback = isIpv4Address(hostname) && hostname.startsWith('127.');
  const isLocal = isLoopback || agents.has(hostname);
  if (url.protocol !== 'https:' && !isLocal) {
    throw credentialsError(`the container endpoint ${url.origin} is neither local nor https`);
  }
  const authorization = await tokenOf(environment);
  const { status, text } = await askForCredentials({
    method: 'GET',
    url,
    headers: authorization === undefined ? {} : { authorization },
    timeoutMs: 1_000,
    isDirect: isLocal,
  });
  if (status !== 200) {
    throw credentialsError(`the container endpoint ${url.origin} answered ${status}`);
  }
  return readCredentialsJson(text, `the container endpoint ${url.origin}`);
}

async function tokenOf(environment: Environment): Promise<string | undefined> {
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  if (!file) return environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  return readToken(file);
}

/** @throws Error named CredentialsProviderError */
export async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw credentialsError(`the token ${file} cannot be read`, error);
  }
}
