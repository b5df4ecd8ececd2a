import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../compile-program.ts';
import { boxIsMissing } from './box-is-missing.ts';
import { tupleMatrixRows } from './tuple-matrix-rows.ts';

const run = promisify(execFile);
const program = new URL('tuple-matrix-unprivileged.ts', import.meta.url).pathname;
const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const env = { PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: '/tmp' };

/** `unshare -Urnm` as nobody; as this user where nobody may not read this checkout. */
async function ordinaryUser(): Promise<readonly string[]> {
  const unshare = ['unshare', '-Urnm'];
  if (process.getuid?.() !== 0) return unshare;
  const readable = await run('setpriv', [...nobody, 'test', '-r', program], { env }).then(
    () => true,
    () => false,
  );
  return readable ? ['setpriv', ...nobody, ...unshare] : unshare;
}

async function whyNot(): Promise<string | undefined> {
  if (boxIsMissing) return 'no box can be built here';
  const [command, ...args] = [...(await ordinaryUser()), 'true'];
  return run(command, args, { env }).then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

const missing = await whyNot();
if (missing !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`user namespaces: ${missing}`);
  console.warn(`skipped: user namespaces: ${missing}`);
}

describe.skipIf(missing !== undefined)('tuple matrix without root', () => {
  it('holds in a user namespace of an ordinary user, every row', async () => {
    const [command = '', ...args] = await ordinaryUser();
    const node = [process.execPath, '-C', 'truetuple-source', program];
    const { stdout } = await run(command, [...args, ...node], { env });
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const answering = hasCompiler() ? 'its own' : undefined;
    expect(results).toEqual(tupleMatrixRows(answering).map(({ id }) => ({ id })));
  });
});
