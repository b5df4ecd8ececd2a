import { setTimeout as delay } from 'node:timers/promises';
import { CoreError } from '../../errors.ts';

/** Where the instance metadata service is, and how long it may take. */
export interface MetadataOptions {
  /** Default `http://169.254.169.254`. */
  readonly endpoint?: string;
  /** How long one answer may take; default 1,000 ms. A pod behind a hop limit of 1 never gets one. */
  readonly timeoutMs?: number;
  /** How often a request is sent that had no answer, or 429 or 5xx; default 3. */
  readonly tries?: number;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

/** Reads one value below /latest/meta-data/; undefined where the instance has none. */
export type ReadMetadata = (path: string) => Promise<string | undefined>;

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Settings {
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly tries: number;
  readonly signal: AbortSignal | undefined;
}

/** Long enough for one reading of all there is. */
const tokenSeconds = 60;
/** Before the second try; twice as long before each further one. */
const pauseMs = 100;

/**
 * Opens a session with the instance metadata service, version 2: a token by PUT, then reads that carry it. It never falls back to
 * version 1, and no answer is awaited longer than `tries` times `timeoutMs` and the pauses between.
 *
 * @throws CoreError MetadataUnreachable, MetadataRefused, Aborted
 */
export async function openMetadata(options: MetadataOptions): Promise<ReadMetadata> {
  const settings: Settings = {
    endpoint: options.endpoint ?? 'http://169.254.169.254',
    timeoutMs: options.timeoutMs ?? 1_000,
    tries: options.tries ?? 3,
    signal: options.signal,
  };
  const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) };
  const token = await ask(settings, 'api/token', { method: 'PUT', headers: lifetime });
  if (token.status !== 200) throw refused('a token', token.status);
  const headers = { 'x-aws-ec2-metadata-token': token.text };
  return async (path) => {
    const { status, text } = await ask(settings, `meta-data/${path}`, { headers });
    if (status === 404) return undefined;
    if (status !== 200) throw refused(path, status);
    return text.trim();
  };
}

async function ask(settings: Settings, path: string, request: RequestInit): Promise<Answer> {
  const { endpoint, timeoutMs, tries, signal } = settings;
  const url = new URL(`/latest/${path}`, endpoint);
  let cause: unknown;
  for (let tried = 0; tried < tries; tried += 1) {
    try {
      // the service counts requests per instance: whoever was refused waits before the next
      if (tried > 0) await delay(pauseMs * 2 ** (tried - 1), undefined, signal && { signal });
      const limit = AbortSignal.timeout(timeoutMs);
      const within = signal === undefined ? limit : AbortSignal.any([limit, signal]);
      const response = await fetch(url, { ...request, signal: within, redirect: 'error' });
      const { status } = response;
      const text = await response.text();
      if (status !== 429 && status < 500) return { status, text };
      cause = new Error(`HTTP status ${status}`);
    } catch (error) {
      if (signal?.aborted === true) throw aborted(url);
      cause = error;
    }
  }
  throw unreachable(url, settings, cause);
}

function unreachable(url: URL, { tries, timeoutMs }: Settings, cause: unknown): CoreError {
  return new CoreError({
    code: 'MetadataUnreachable',
    message: `Tried ${tries} times to read ${url.href}, ${timeoutMs} ms each; at last: ${textOf(cause)}`,
    remedy:
      "Give the instance metadata service a hop limit of 2, so that its answers reach pods, or need none: hand in the Node's spec.providerID (parseProviderId).",
    retry: 'later',
    cause,
  });
}

/** What fetch says is mostly in the cause of its error. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function refused(what: string, status: number): CoreError {
  return new CoreError({
    code: 'MetadataRefused',
    message: `Asked the instance metadata service for ${what}; it answered ${status}`,
    remedy:
      "Turn the service on for this instance (HttpEndpoint enabled), or need none: hand in the Node's spec.providerID (parseProviderId).",
    retry: 'never',
  });
}

function aborted(url: URL): CoreError {
  return new CoreError({
    code: 'Aborted',
    message: `Was told to stop while reading ${url.href}`,
    remedy: 'Nothing was changed; ask again when it is wanted.',
    retry: 'now',
  });
}
