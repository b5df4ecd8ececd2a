import { describe, expect, it } from 'vitest';
import { chainedCredentials, refreshing } from './credential-chain.ts';
import { containerCredentials } from './container-credentials.ts';
import type { AwsCredentials } from './sign-request.ts';

const minuteMs = 60_000;

/** A source that is told what to answer, and a clock. */
function scripted() {
  const world = { now: 0, asked: 0, refuses: false, lastsMs: 60 * minuteMs };
  const source = async (): Promise<AwsCredentials> => {
    world.asked += 1;
    if (world.refuses) throw new Error('refused');
    const expiration = new Date(world.now + world.lastsMs);
    return { accessKeyId: `key-${world.asked}`, secretAccessKey: 's', expiration };
  };
  const credentials = refreshing(source, () => world.now);
  return { world, keyId: async () => (await credentials()).accessKeyId };
}

describe('refreshing', () => {
  it('asks once for all who wait, and not again until five minutes before the end', async () => {
    const { world, keyId } = scripted();
    expect(await Promise.all([keyId(), keyId()])).toEqual(['key-1', 'key-1']);
    world.now = 54 * minuteMs;
    expect(await keyId()).toBe('key-1');
    world.now = 55 * minuteMs;
    expect(await keyId()).toBe('key-2');
  });

  it('goes on with the old ones while they last, and asks once a minute', async () => {
    const { world, keyId } = scripted();
    await keyId();
    world.refuses = true;
    world.now = 56 * minuteMs;
    expect([await keyId(), await keyId()]).toEqual(['key-1', 'key-1']);
    expect(world.asked).toBe(2);
    world.now = 57 * minuteMs;
    await keyId();
    expect(world.asked).toBe(3);
    world.now = 60 * minuteMs;
    await expect(keyId()).rejects.toThrow('refused');
    world.refuses = false;
    expect(await keyId()).toBe('key-5');
  });

  it('uses what is given although it has ended, and asks again after a minute', async () => {
    const { world, keyId } = scripted();
    world.lastsMs = -minuteMs;
    expect([await keyId(), await keyId()]).toEqual(['key-1', 'key-1']);
    world.now = minuteMs;
    expect(await keyId()).toBe('key-2');
  });
});

describe('chainedCredentials', () => {
  it('takes the environment first', async () => {
    const environment = {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_SESSION_TOKEN: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/',
    };
    expect(await chainedCredentials(environment, 'eu-central-1')).toEqual({
      accessKeyId: 'a',
      secretAccessKey: 'b',
      sessionToken: undefined,
    });
  });

  it('says what to do about a profile', async () => {
    const environment = { AWS_PROFILE: 'work', AWS_EC2_METADATA_DISABLED: 'true' };
    await expect(chainedCredentials(environment, 'eu-central-1')).rejects.toThrow(
      /profile work is not read: .*credential-providers/,
    );
  });

  it('a token file that is not there', async () => {
    const environment = {
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/voice',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token',
    };
    await expect(chainedCredentials(environment, 'eu-central-1')).rejects.toMatchObject({
      name: 'CredentialsProviderError',
      message: expect.stringContaining('/nowhere/token') as string,
    });
  });
});

it.each(['http://192.0.2.1/credentials', 'http://127.example.com/', 'http://[fd00:ec2::24]/'])(
  'a token goes to nobody outside of this machine in the clear: %s',
  async (uri) => {
    const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri };
    await expect(containerCredentials(environment)).rejects.toThrow(/neither local nor https/);
  },
);
