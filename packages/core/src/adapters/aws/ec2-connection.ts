import { setTimeout as delay } from 'node:timers/promises';
import { Ec2CallError } from '../../cloud/ec2-call-error.ts';
import { isOutcomeUnknown, meaningOf } from '../../cloud/translate-ec2-error.ts';
import { chainedCredentials, refreshing, type CredentialSource } from './credential-chain.ts';
import { ec2CallErrorFrom } from './ec2-call-error-from.ts';
import { exchange, type HttpAnswer } from './http-exchange.ts';
import { formContentType, formOf, readRefusal, type Parameters } from './query-protocol.ts';
import { awsEndpoint, type Environment } from './aws-endpoint.ts';
import { signRequest, type AwsCredentials } from './sign-request.ts';
import { parseXml, type XmlElement } from './xml.ts';

/** Which region is asked, as whom, and how long an answer may take. */
export interface HttpEc2Options {
  readonly region: string;
  /** Default: what `environment` says, or the region's own endpoint. */
  readonly endpoint?: string;
  /**
   * Keys, or what gives them, such as a function of @aws-sdk/credential-providers; asked again shortly before they end.
   * Default: the environment's keys, IRSA, Pod Identity or ECS, the instance's role, by `environment`.
   */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** The variables that credentials and endpoint are found by; default none. `thisNode()` gives those of the process. */
  readonly environment?: Environment;
  /** Tries of one call, throttling and lost connections included; default 3. */
  readonly maxAttempts?: number;
  /** Default 3,000. */
  readonly connectionTimeoutMs?: number;
  /** Until the whole answer is there; default 10,000. */
  readonly requestTimeoutMs?: number;
}

/** Makes one call of EC2 and returns its answer's document. */
export type CallEc2 = (
  action: string,
  parameters: Parameters,
  signal: AbortSignal | undefined,
) => Promise<XmlElement>;

/** Of Amazon EC2's API; it has been the last for years. */
const apiVersion = '2016-11-15';
/** EC2 takes a signature for five minutes. */
const skewMs = 240_000;
const pauseMs = 100;

/**
 * Speaks EC2's query protocol: signed POSTs of forms, answered in XML. Tries again what was throttled and what had no
 * answer.
 */
export function connectEc2(options: HttpEc2Options): CallEc2 {
  const { maxAttempts = 3 } = options;
  const post = signedPost(options);
  const callOnce: CallEc2 = async (action, parameters, signal) => {
    const answer = await post(formOf(action, apiVersion, parameters), signal);
    if (answer.status >= 200 && answer.status < 300) return parseXml(answer.text);
    const { code, message, requestId } = readRefusal(answer);
    throw new Ec2CallError({
      action,
      ec2Code: code,
      message,
      httpStatus: answer.status,
      ...(requestId === undefined ? {} : { requestId }),
    });
  };
  return async (action, parameters, signal) => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await callOnce(action, parameters, signal);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        const failed = ec2CallErrorFrom(error, action);
        if (tried >= maxAttempts || !isWorthAnother(failed)) throw failed;
        await delay(pauseMs * 2 ** tried * Math.random(), undefined, signal && { signal });
      }
    }
  };
}

type Post = (body: string, signal: AbortSignal | undefined) => Promise<HttpAnswer>;

/** Signs and sends; what was refused while this machine's clock was wrong goes once more, by EC2's clock. */
function signedPost(options: HttpEc2Options): Post {
  const { region, endpoint, environment = {} } = options;
  const credentials = credentialsOf(options, environment);
  let clockOffsetMs = 0;
  const send: Post = async (body, signal) => {
    const url =
      endpoint === undefined ? awsEndpoint('ec2', region, environment) : new URL(endpoint);
    const signed = signRequest({
      method: 'POST',
      url,
      headers: { 'content-type': formContentType },
      body,
      region,
      service: 'ec2',
      credentials: await untilAborted(credentials(), signal),
      at: new Date(Date.now() + clockOffsetMs),
    });
    return exchange({
      method: 'POST',
      url,
      headers: { ...signed, 'user-agent': 'truetuple' },
      body,
      connectTimeoutMs: options.connectionTimeoutMs ?? 3_000,
      timeoutMs: options.requestTimeoutMs ?? 10_000,
      signal,
    });
  };
  return async (body, signal) => {
    const answer = await send(body, signal);
    const offsetMs = Date.parse(answer.headers.date ?? '') - Date.now();
    if (!isRefused(answer) || !(Math.abs(offsetMs - clockOffsetMs) > skewMs)) return answer;
    clockOffsetMs = offsetMs;
    return send(body, signal);
  };
}

function credentialsOf(options: HttpEc2Options, environment: Environment): CredentialSource {
  const { credentials, region } = options;
  if (typeof credentials === 'object') return async () => credentials;
  const source = credentials ?? (() => chainedCredentials(environment, region));
  return refreshing(source, Date.now);
}

/** A refusal that was not carried out, as one for a wrong signature is. */
function isRefused({ status }: HttpAnswer): boolean {
  return status >= 400 && status < 500;
}

function isWorthAnother(error: Ec2CallError): boolean {
  return isOutcomeUnknown(error) || meaningOf(error).code === 'Throttled';
}

/** Others may wait for the same: who is told to stop stops waiting, and ends nothing for them. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
