import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi, type TestContext } from 'vitest';
import { obtainKernelPackage } from './kernel-package.ts';
import { runInVm, type VmRun } from './run-in-vm.ts';
import { VmError } from './vm-error.ts';

describe('running a program in a VM', () => {
  // others run machines meanwhile
  const folder = mkdtempSync(join(tmpdir(), 'truetuple-run-in-vm-'));
  beforeAll(() => {
    vi.stubEnv('TMPDIR', folder);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('ends with the console’s tail when the program fails', async (context) => {
    const error = await failureOf(
      context,
      withProgram("throw new Error('the guest has had enough');", (entry) =>
        runInVm({ entry, timeoutMs: 120_000 }),
      ),
    );
    expect(error.code).toBe('GuestFailed');
    expect(error.message).toContain('exit status 1');
    expect(error.message).toContain('the guest has had enough');
  });

  it('kills the machine when its time is up, and leaves no file', async (context) => {
    const before = vmFolders();
    const error = await failureOf(
      context,
      withProgram('setInterval(() => {}, 1000);', (entry) => runInVm({ entry, timeoutMs: 400 })),
    );
    expect(error.code).toBe('GuestTimedOut');
    expect(error.message).toContain('did not end within 400 ms');
    expect(vmFolders()).toEqual(before);
  });

  it('says what is wrong with a program that does not compile', async (context) => {
    const error = await failureOf(
      context,
      withProgram('const = 1;', (entry) => runInVm({ entry, timeoutMs: 1_000 })),
    );
    expect(error.code).toBe('GuestBundleFailed');
  });

  it('downloads no kernel where that is forbidden, and says so', async () => {
    const cacheFolder = mkdtempSync(join(tmpdir(), 'truetuple-no-kernel-'));
    try {
      await expect(obtainKernelPackage({ cacheFolder, mayDownload: false })).rejects.toMatchObject({
        code: 'KernelPackageUnavailable',
        message: expect.stringContaining('TRUETUPLE_NO_APT=1') as string,
      });
    } finally {
      rmSync(cacheFolder, { recursive: true });
    }
  });
});

/** The VmError that a run ends with; a machine that can run no VM skips the test, but never in CI. */
async function failureOf(context: TestContext, run: Promise<VmRun>): Promise<VmError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!VmError.is(error)) throw new Error('The run was to end with a VmError', { cause: error });
  if (error.isUnavailable && process.env['CI'] !== 'true') context.skip(error.message);
  return error;
}

async function withProgram<T>(text: string, use: (entry: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'truetuple-guest-'));
  try {
    const entry = join(folder, 'program.ts');
    writeFileSync(entry, text);
    return await use(entry);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function vmFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('truetuple-vm-'));
}
