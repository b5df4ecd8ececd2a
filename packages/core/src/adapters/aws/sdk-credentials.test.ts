// Credentials as a Pod Identity agent gives them, and clocks that differ: real HTTP on loopback.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallOptions, Ec2Api } from '../../cloud/ec2/ec2-api.ts';
import { translateEc2Error } from '../../cloud/steps/translate-ec2-error.ts';
import type { CoreError } from '../../errors.ts';
import { listenOnLoopback } from '../../testing/listen-on-loopback.ts';
import { sdkEc2Api, type SdkEc2Options } from './sdk-ec2-api.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});
beforeEach(() => {
  for (const name of ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'PROFILE', 'ROLE_ARN']) {
    vi.stubEnv(`AWS_${name}`, undefined);
  }
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
});

async function listen(
  answer: Answer,
  onConnection: (socket: Socket) => void = () => {},
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  server.on('connection', onConnection);
  const { url, close } = await listenOnLoopback(server);
  closing.push(close);
  return url;
}

const noAddresses =
  '<DescribeAddressesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><addressesSet/></DescribeAddressesResponse>';
const expired =
  '<Response><Errors><Error><Code>RequestExpired</Code><Message>no</Message></Error></Errors></Response>';

/** A Pod Identity agent: what it answers to its first request, its second one, and all further ones. */
async function agentThat(
  ...answers: readonly ('gives' | 'hangs')[]
): Promise<{ asked: number; isAway: boolean; open: number }> {
  const seen = { asked: 0, isAway: false, open: 0 };
  const url = await listen(
    (_request, response) => {
      const how = answers[Math.min(seen.asked, answers.length - 1)];
      seen.asked += 1;
      if (seen.isAway) response.destroy();
      if (seen.isAway || how === 'hangs') return;
      // the SDK renews what ends within five minutes
      const Expiration = new Date(Date.now() + 4 * 60_000).toISOString();
      const keys = {
        AccessKeyId: `KEY${seen.asked}`,
        SecretAccessKey: 's',
        Token: 't',
        Expiration,
      };
      response.end(JSON.stringify(keys));
    },
    (socket) => {
      seen.open += 1;
      socket.on('close', () => (seen.open -= 1));
    },
  );
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/v1/credentials`);
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'token');
  return seen;
}

/** EC2 with which keys it was called. */
async function ec2(more: Partial<SdkEc2Options> = {}): Promise<{ api: Ec2Api; keys: string[] }> {
  const keys: string[] = [];
  const endpoint = await listen(({ headers }, response) => {
    keys.push(/Credential=(\w+)/.exec(headers.authorization ?? '')?.[1] ?? 'none');
    response.end(noAddresses);
  });
  return { api: sdkEc2Api({ region: 'eu-central-1', endpoint, maxAttempts: 1, ...more }), keys };
}

async function failed(api: Ec2Api): Promise<CoreError> {
  return translateEc2Error(await api.describeAddresses({}).catch((e: unknown) => e), 'x');
}

describe('a Pod Identity agent', () => {
  it('that hangs ends a call in bounded time; the next one asks it anew', async () => {
    await agentThat('hangs', 'gives');
    const { api, keys } = await ec2({ requestTimeoutMs: 300 });
    const error = await failed(api);
    expect(error).toMatchObject({ code: 'CredentialsMissing', retry: 'later' });
    expect(error.remedy).toContain('Pod Identity agent');
    expect(keys).toEqual([]);
    await api.describeAddresses({});
    expect(keys).toEqual(['KEY2']);
  });

  it('that hangs is left with no connection of a call that has ended', async () => {
    const agent = await agentThat('hangs');
    const { api } = await ec2({ requestTimeoutMs: 100 });
    for (let call = 0; call < 10; call++) await failed(api);
    expect(agent.asked).toBeGreaterThanOrEqual(10);
    await vi.waitFor(() => expect(agent.open).toBe(0));
  });

  it('that hangs is told alike to all that wait for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    await agentThat('hangs');
    const { api } = await ec2({ requestTimeoutMs: 1_000 });
    const first = failed(api);
    await once(AbortSignal.timeout(900), 'abort');
    const beside = failed(api);
    const told = { all: false };
    void beside.finally(() => (told.all = true));
    expect(await first).toMatchObject({ code: 'CredentialsMissing', retry: 'later' });
    // the SDK asks it thrice more, a second apart, but the first one's limit ends these requests too
    while (!told.all) {
      await vi.advanceTimersByTimeAsync(1_000);
      await new Promise(setImmediate);
    }
    expect(await beside).toMatchObject({ code: 'CredentialsMissing', retry: 'later' });
  });

  // the SDK asks it again for some seconds
  it('that restarts is worth another try', { timeout: 20_000 }, async () => {
    const agent = await agentThat('gives');
    agent.isAway = true;
    const { api } = await ec2();
    const error = await failed(api);
    expect(error).toMatchObject({ code: 'CredentialsMissing', retry: 'now' });
    expect(error.remedy).toContain('Pod Identity agent');
    agent.isAway = false;
    expect(await api.describeAddresses({})).toEqual([]);
  });

  it.each(['signal', 'untilSent'] as const)('that hangs: %s ends the wait', async (which) => {
    await agentThat('hangs');
    const { api, keys } = await ec2();
    const stop = new AbortController();
    const call: CallOptions = { [which]: stop.signal };
    const tagging = api.createTags({ resources: ['e'], tags: [{ key: 'a', value: 'b' }] }, call);
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(tagging).rejects.toBe(reason);
    expect(keys).toEqual([]);
  });

  it('is asked for new credentials before the old ones end', async () => {
    await agentThat('gives');
    const { api, keys } = await ec2();
    await vi.waitFor(async () => {
      await api.describeAddresses({});
      expect(keys.at(-1)).not.toBe('KEY1');
    });
    expect(keys[0]).toBe('KEY1');
  });

  it('that hangs when they are renewed stops no call while the old ones hold', async () => {
    const agent = await agentThat('gives', 'hangs');
    const { api, keys } = await ec2({ requestTimeoutMs: 300 });
    await vi.waitFor(async () => {
      await api.describeAddresses({});
      expect(agent.asked).toBe(2);
    });
    await api.describeAddresses({});
    expect(new Set(keys)).toEqual(new Set(['KEY1']));
  });
});

describe('the metadata service of the instance', () => {
  const role = { Code: 'Success', AccessKeyId: 'KEY', SecretAccessKey: 's', Token: 't' };

  async function metadata(): Promise<{ isThere: boolean; tokens: number; busy: number }> {
    const seen = { isThere: true, tokens: 0, busy: 0 };
    const url = await listen(({ url: path = '', method }, response) => {
      if (method === 'PUT') seen.tokens += 1;
      if (!seen.isThere) response.destroy();
      else if (seen.tokens <= seen.busy) response.writeHead(503).end();
      else if (path.endsWith('/node'))
        response.end(JSON.stringify({ ...role, Expiration: new Date(Date.now() + 3_600_000) }));
      else response.end('node');
    });
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url);
    return seen;
  }

  it('that was there is worth another try; one that never was is no source', async () => {
    const service = await metadata();
    const { api, keys } = await ec2();
    await api.describeAddresses({});
    expect(keys).toEqual(['KEY']);
    service.isThere = false;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7_200_000 });
    expect(await failed(api)).toMatchObject({ code: 'CredentialsMissing', retry: 'now' });
    vi.useRealTimers();
    const { api: fresh } = await ec2();
    const error = await failed(fresh);
    expect(error).toMatchObject({ code: 'CredentialsMissing', retry: 'never' });
    expect(error.remedy).toContain('metadata service');
    service.isThere = true;
    await api.describeAddresses({});
    expect(keys).toEqual(['KEY', 'KEY']);
  });

  it('that is not there yet is asked three times by the first calls, which are all served', async () => {
    const service = await metadata();
    service.busy = 2;
    const { api, keys } = await ec2();
    expect(await Promise.all([api.describeAddresses({}), api.describeAddresses({})])).toEqual([
      [],
      [],
    ]);
    expect(keys).toEqual(['KEY', 'KEY']);
    expect(service.tokens).toBe(3);
  });

  it('that is not to be asked is not waited for', async () => {
    const service = await metadata();
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const { api } = await ec2();
    const startedAt = performance.now();
    expect(await failed(api)).toMatchObject({ code: 'CredentialsMissing', retry: 'never' });
    expect(performance.now() - startedAt).toBeLessThan(900);
    expect(service.tokens).toBe(0);
  });

  it('that is not there keeps no call whose signal aborts', async () => {
    const service = await metadata();
    service.isThere = false;
    const { api } = await ec2();
    const stop = new AbortController();
    const call = api.describeAddresses({}, { signal: stop.signal });
    await vi.waitFor(() => expect(service.tokens).toBe(1));
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    // nor is it asked any more
    await once(AbortSignal.timeout(1_500), 'abort');
    expect(service.tokens).toBe(1);
  });
});

describe('a clock that differs from EC2’s', () => {
  const credentials = { accessKeyId: 'KEY', secretAccessKey: 's' };

  /** EC2 whose clock is 20 minutes ahead, and says so or not. It refuses what was signed by another one. */
  async function ec2Ahead(refusal: { readonly status: number; readonly saysTime: boolean }) {
    const seen = { requests: 0 };
    const endpoint = await listen(({ headers }, response) => {
      seen.requests += 1;
      const now = Date.now() + 20 * 60_000;
      const [day, time] = String(headers['x-amz-date']).split('T');
      const signedAt = Date.parse(
        `${day?.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time?.replace(/(..)(..)(..)/, '$1:$2:$3')}`,
      );
      const isRight = Math.abs(now - signedAt) < 5 * 60_000;
      if (refusal.saysTime) response.setHeader('date', new Date(now).toUTCString());
      response.writeHead(isRight ? 200 : refusal.status).end(isRight ? noAddresses : expired);
    });
    const options: SdkEc2Options = {
      region: 'eu-central-1',
      endpoint,
      maxAttempts: 1,
      credentials,
    };
    return { seen, api: sdkEc2Api(options) };
  }

  it('is corrected: the call is made once more, by EC2’s', async () => {
    const { api, seen } = await ec2Ahead({ status: 400, saysTime: true });
    expect(await api.describeAddresses({})).toEqual([]);
    expect(seen.requests).toBe(2);
  });

  it('and stays so is named in the error', async () => {
    const { api, seen } = await ec2Ahead({ status: 400, saysTime: false });
    const error = await failed(api);
    expect(error).toMatchObject({ code: 'CredentialsRefused', retry: 'later' });
    expect(error.remedy).toContain('clock');
    expect(seen.requests).toBe(1);
  });

  it('makes no call twice that a server may have carried out', async () => {
    const { api, seen } = await ec2Ahead({ status: 500, saysTime: true });
    await expect(api.describeAddresses({})).rejects.toMatchObject({ httpStatus: 500 });
    expect(seen.requests).toBe(1);
  });
});
