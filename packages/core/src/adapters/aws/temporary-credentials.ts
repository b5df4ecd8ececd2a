import { setTimeout as delay } from 'node:timers/promises';
import { credentialsError } from './credentials-error.ts';
import { exchange, type HttpAnswer, type HttpRequest } from './http-exchange.ts';
import type { AwsCredentials } from './sign-request.ts';

const tries = 3;
const pauseMs = 100;

/** Asks a service for credentials; no answer, 429 and a fault of the server are tried again, three times in all. */
export async function askForCredentials(
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'isDirect' | 'timeoutMs'>,
): Promise<HttpAnswer> {
  let last: unknown;
  for (let tried = 0; tried < tries; tried += 1) {
    if (tried > 0) await delay(pauseMs * 2 ** tried);
    try {
      const answer = await exchange({ ...request, connectTimeoutMs: 1_000 });
      if (answer.status !== 429 && answer.status < 500) return answer;
      last = new Error(`HTTP status ${answer.status}`);
    } catch (error) {
      last = error;
    }
  }
  const why = last instanceof Error ? last.message : String(last);
  throw credentialsError(`asking ${request.url.origin} for credentials: ${why}`, last);
}

/** Fields of the JSON that container endpoints and the instance metadata service answer with. */
export function readCredentialsJson(text: string, from: string): AwsCredentials {
  const fields = objectOf(text);
  const field = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return requireCredentials(
    {
      accessKeyId: field('AccessKeyId'),
      secretAccessKey: field('SecretAccessKey'),
      sessionToken: field('Token'),
      expiration: field('Expiration'),
    },
    from,
  );
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Temporary credentials always have all four fields. */
export function requireCredentials(
  found: Readonly<Record<keyof AwsCredentials, string | undefined>>,
  from: string,
): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = found;
  const expiration = new Date(found.expiration ?? Number.NaN);
  if (
    accessKeyId === undefined ||
    secretAccessKey === undefined ||
    sessionToken === undefined ||
    Number.isNaN(expiration.getTime())
  ) {
    throw credentialsError(`${from} answered without credentials`);
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}
