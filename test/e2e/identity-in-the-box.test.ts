import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { openIdentityWorld, ownInEc2, ownInKernel, type IdentityWorld } from './identity-world.ts';

let world: IdentityWorld;

describe.skipIf(boxIsMissing)('an identity on a real kernel, through the unmodified SDK', () => {
  beforeAll(async () => {
    world = await openIdentityWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('is taken, is taken again with nothing to do, and is given back by another process', async () => {
    const first = world.start('pod', { verb: 'ensure' });
    const held = await first.settled;
    expect(held.failure).toBeUndefined();
    expect(held.identity?.publicIp).toMatch(/^203\.0\.113\.5\d$/);
    expect(ownInEc2(world)).toHaveLength(4);

    const again = world.start('pod', { verb: 'ensure' });
    expect(await again.settled).toMatchObject({ steps: [], identity: held.identity });
    await Promise.all([first.kill(), again.kill()]);

    const file = join(world.spec('pod').identityDirectory ?? '', 'public-ip');
    expect(await readFile(file, 'utf8')).toBe(`${held.identity?.publicIp}\n`);

    const releasing = await world.start('pod', { verb: 'release' }).settled;
    expect(releasing.failure).toBeUndefined();
    expect(releasing.steps[0]).toBe('withdraw');
    expect(ownInEc2(world)).toEqual([]);
    expect(await ownInKernel(world, 'pod')).toEqual([]);
    await expect(readFile(file)).rejects.toThrow('ENOENT');

    const twice = await world.start('pod', { verb: 'release' }).settled;
    expect(twice).toMatchObject({ steps: [], failure: undefined });
  });

  it('leaves the rules and the fail-closed route behind, so that nothing bound leaves by eth0', async () => {
    const { netlink } = world.box.pod('pod');
    const routes = await netlink.routes.list({ table: 200, family: 'ipv4' });
    expect(routes.map(({ type }) => type)).toEqual(['unreachable']);
    const lookup = netlink.routes.lookup({ to: '198.51.100.50', from: '10.0.2.128' });
    await expect(lookup).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });
});
