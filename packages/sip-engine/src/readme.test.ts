import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const packageFolder = join(import.meta.dirname, '..');

it('the README has an example that runs as it stands', async () => {
  const readme = await readFile(join(packageFolder, 'README.md'), 'utf8');
  const [, code = ''] = /```ts\n(.*?openUdpTransport.*?)```/su.exec(readme) ?? [];
  const options = ['--conditions=truetuple-source', '--input-type=module-typescript'];
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...options, '--eval', code], {
    cwd: packageFolder,
  });
  expect(stdout).toMatch(/^SIP\/2\.0 200 OK\r\n/u);
  expect(stdout).toMatch(/host\.invalid;branch=z9hG4bK1;rport=\d+;received=127\.0\.0\.1\r\n/u);
  expect(stdout).toContain('t: <sip:you@127.0.0.1>;tag=a1\r\n');
});
