import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cidr, Ipv4Address } from '../../identity/address.ts';
import type { PublicIdentity } from '../../identity/public-identity.ts';
import { filePublisher } from './file-publisher.ts';

vi.mock(import('node:fs/promises'), async (importActual) => {
  const actual = await importActual();
  return { ...actual, unlink: vi.fn(actual.unlink) };
});

const identity: Omit<PublicIdentity, 'generation'> = {
  schema: 'truetuple.identity/v1',
  publicIp: '203.0.113.50' as Ipv4Address,
  privateIp: '10.0.2.128' as Ipv4Address,
  privatePrefixLength: 24,
  linkName: 'net1',
  gateway: '10.0.2.1' as Ipv4Address,
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  table: 200,
  delivery: 'both',
  bind: { internet: '10.0.2.128' as Ipv4Address, vpc: '203.0.113.50' as Ipv4Address },
  region: 'eu-central-1',
  pool: 'media',
  owner: { cluster: 'prod', namespace: 'sip', pod: 'gw-0', uid: 'a1' },
  networkInterfaceId: 'eni-1',
  allocationId: 'eipalloc-1',
  associationId: 'eipassoc-1',
  privateIpAssignedByUs: true,
  routeTableIds: ['rtb-1'],
  publishedAt: '2026-01-01T00:00:00.000Z',
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truetuple-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Stands for a crash while the JSON is written. */
function crash(): never {
  throw new Error('crash');
}

/** What a writer leaves that began so long ago and is killed. */
function left(agoMs: number): string {
  return `.public-ip.${Date.now() - agoMs}.91234`;
}

describe('filePublisher', () => {
  it('writes the address and the identity, and nothing else', async () => {
    const published = await filePublisher(directory).publish(identity);
    expect(published.generation).toBe(1);
    expect((await readdir(directory)).toSorted()).toEqual(['public-ip', 'public-ip.json']);
    expect(await readFile(join(directory, 'public-ip'), 'utf8')).toBe('203.0.113.50\n');
    expect(JSON.parse(await readFile(join(directory, 'public-ip.json'), 'utf8'))).toEqual(
      published,
    );
  });

  it('counts on after a release, also from another process', async () => {
    const first = await filePublisher(directory).publish(identity);
    const second = await filePublisher(directory).publish(identity);
    await filePublisher(directory).release(second);
    await expect(filePublisher(directory).publish(identity)).resolves.toMatchObject({
      generation: first.generation + 2,
    });
  });

  it('makes the directory, and counts generations', async () => {
    const publisher = filePublisher(join(directory, 'a/b'));
    await publisher.publish(identity);
    await expect(publisher.publish(identity)).resolves.toMatchObject({ generation: 2 });
    await expect(publisher.current()).resolves.toMatchObject({ generation: 2 });
  });

  it('withdraws its own publication, twice, and from another process', async () => {
    const published = await filePublisher(directory).publish(identity);
    await filePublisher(directory).withdraw(published);
    await filePublisher(directory).withdraw(published);
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves the publication of a successor alone', async () => {
    const publisher = filePublisher(directory);
    const old = await publisher.publish(identity);
    await publisher.publish({ ...identity, associationId: 'eipassoc-2' });
    await publisher.withdraw(old);
    await expect(publisher.current()).resolves.toMatchObject({ associationId: 'eipassoc-2' });
  });

  it.each(['', '{', '{"schema":"truetuple.identity/v2"}', 'null'])(
    'refuses a file with %j',
    async (text) => {
      await writeFile(join(directory, 'public-ip.json'), text);
      await expect(filePublisher(directory).current()).rejects.toMatchObject({
        code: 'IdentityFileInvalid',
        message: expect.stringContaining('public-ip.json') as string,
      });
    },
  );

  it('replaces a torn file, and removes it on withdrawal', async () => {
    const publisher = filePublisher(directory);
    await writeFile(join(directory, 'public-ip.json'), '{');
    const published = await publisher.publish(identity);
    await writeFile(join(directory, 'public-ip.json'), '{');
    await publisher.withdraw(published);
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([undefined, '203.0.113.49\n'])(
    'does not call published what a crash between its two files left (public-ip: %j)',
    async (text) => {
      const publisher = filePublisher(directory);
      const published = await publisher.publish(identity);
      const path = join(directory, 'public-ip');
      await (text === undefined ? rm(path) : writeFile(path, text));
      await expect(publisher.current()).rejects.toMatchObject({ code: 'IdentityFileInvalid' });
      await expect(publisher.publish(identity)).resolves.toMatchObject({ generation: 2 });
      expect(await readFile(path, 'utf8')).toBe('203.0.113.50\n');
      await (text === undefined ? rm(path) : writeFile(path, text));
      await publisher.withdraw(published);
      expect(await readdir(directory)).toEqual([]);
    },
  );

  it('takes the old address away before it names the new one', async () => {
    const publisher = filePublisher(directory);
    await publisher.publish(identity);
    const next = { ...identity, publicIp: '203.0.113.51' as Ipv4Address, toJSON: crash };
    await expect(publisher.publish(next)).rejects.toMatchObject({ code: 'PublishFailed' });
    expect(await readdir(directory)).toEqual(['public-ip.json']);
  });

  it('takes away what a writer left that was killed a minute ago, and nothing that another writes now', async () => {
    const underWay = left(50_000);
    const others = ['.a', underWay, '.public-ips', 'a.public-ip.1'];
    for (const name of [left(61_000), ...others]) {
      await writeFile(join(directory, name), '{');
    }
    const publisher = filePublisher(directory);
    const published = await publisher.publish(identity);
    expect(await readdir(directory)).toHaveLength(others.length + 2);
    await writeFile(join(directory, left(61_000)), '{');
    await publisher.release(published);
    expect((await readdir(directory)).toSorted()).toEqual([...others, 'public-ip.released']);
  });

  it('refuses a FIFO at once, and replaces it', async () => {
    const path = join(directory, 'public-ip.json');
    execFileSync('mkfifo', [path]);
    const publisher = filePublisher(directory);
    await expect(publisher.current()).rejects.toMatchObject({ code: 'IdentityFileInvalid' });
    await publisher.publish(identity);
    await expect(publisher.current()).resolves.toMatchObject({ generation: 1 });
  });

  it('says what unlink said of a file that it may not remove', async () => {
    const published = await filePublisher(directory).publish(identity);
    const refusal = Object.assign(new Error('EPERM: operation not permitted, unlink'), {
      code: 'EPERM',
    });
    vi.mocked(unlink).mockRejectedValueOnce(refusal);
    await expect(filePublisher(directory).withdraw(published)).rejects.toMatchObject({
      code: 'PublishFailed',
      message: expect.stringContaining('EPERM') as string,
      cause: refusal,
    });
  });

  it('says where it could not write, and leaves no temporary file', async () => {
    await writeFile(join(directory, 'file'), '');
    const inFile = filePublisher(join(directory, 'file'));
    await expect(inFile.publish(identity)).rejects.toMatchObject({ code: 'PublishFailed' });
    expect(await readdir(directory)).toEqual(['file']);
  });
});
