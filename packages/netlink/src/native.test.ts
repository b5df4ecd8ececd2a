import type * as Fs from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Netlink from './index.ts';

const platform = Object.getOwnPropertyDescriptor(process, 'platform');
const arch = Object.getOwnPropertyDescriptor(process, 'arch');

/** The package as a process on another machine would import it. */
async function importOn(key: 'platform' | 'arch', value: string): Promise<typeof Netlink> {
  Object.defineProperty(process, key, { value });
  vi.resetModules();
  return import('./index.ts');
}

afterEach(() => {
  if (platform !== undefined) Object.defineProperty(process, 'platform', platform);
  if (arch !== undefined) Object.defineProperty(process, 'arch', arch);
  vi.doUnmock('node:fs');
  vi.resetModules();
});

describe('where there is no netlink', () => {
  it('the import succeeds, and every use says why it cannot be', async () => {
    const { nativeAvailable, openNetlink, openSocket, createNetworkNamespace } = await importOn(
      'platform',
      'darwin',
    );
    expect(nativeAvailable()).toEqual({
      available: false,
      reason: 'netlink exists on Linux only, this is darwin',
      remedy: 'Run this on Linux, or in a Linux container or virtual machine.',
    });
    const unavailable = { code: 'ENATIVE', message: expect.stringContaining('darwin') as unknown };
    await expect(openNetlink()).rejects.toMatchObject(unavailable);
    const uses = [
      (): unknown => createNetworkNamespace(),
      (): unknown => openSocket({ domain: 'inet', type: 'datagram' }),
    ];
    for (const use of uses) expect(use).toThrow(expect.objectContaining(unavailable));
  });

  it('without the addon the remedy is to build it', async () => {
    vi.doMock('node:fs', async (original) => ({
      ...(await original<typeof Fs>()),
      existsSync: () => false,
    }));
    const { nativeAvailable } = await importOn('platform', 'linux');
    expect(nativeAvailable()).toMatchObject({
      available: false,
      reason: expect.stringMatching(/no compiled addon for linux-.*netlink\.node/) as unknown,
      remedy: expect.stringContaining('npm run build:native') as unknown,
    });
  });
});
