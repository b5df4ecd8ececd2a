import { createHash, createHmac } from 'node:crypto';

/** Keys of AWS, as its own SDKs name them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** From when on they are not taken any more; absent: always valid. */
  readonly expiration?: Date | undefined;
}

/** What is signed: one request without a query string. */
export interface RequestToSign {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  /** As in the credential scope: `ec2`. */
  readonly service: string;
  readonly credentials: AwsCredentials;
  readonly at: Date;
}

/**
 * The headers of a request with those that sign it: Signature Version 4 (AWS Signature Version 4 for API requests: canonical request,
 * string to sign, signing key). Every header given is signed, and the host.
 */
export function signRequest(request: RequestToSign): Readonly<Record<string, string>> {
  const { method, url, body, region, service, credentials } = request;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = request.at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const date = time.slice(0, 8);
  const headers = {
    ...request.headers,
    host: url.host,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const canonical = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replaceAll(/ +/g, ' ')] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = canonical.map(([name]) => name).join(';');
  const lines = canonical.map(([name, value]) => `${name}:${value}\n`).join('');
  const hashed = sha256(`${method}\n${url.pathname}\n\n${lines}\n${names}\n${sha256(body)}`);
  const scope = `${date}/${region}/${service}/aws4_request`;
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of [date, region, service, 'aws4_request']) key = hmac(key, part);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hashed}`).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
