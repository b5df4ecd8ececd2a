import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const packageFolder = join(import.meta.dirname, '../../packages/sip-engine');

it('the README has an example that runs as it stands', async () => {
  const readme = await readReadme();
  const [, code = ''] = /```ts\n(.*?openUdpTransport.*?)```/su.exec(readme) ?? [];
  const stdout = await run(code);
  expect(stdout).toMatch(/^SIP\/2\.0 200 OK\r\n/u);
  expect(stdout).toMatch(/host\.invalid;branch=z9hG4bK1;rport=\d+;received=127\.0\.0\.1\r\n/u);
  expect(stdout).toContain('t: <sip:you@127.0.0.1>;tag=a1\r\n');
});

it('the README has an application that runs as it stands', async () => {
  const readme = await readReadme();
  const [, code = ''] = /```js\n(.*?)```/su.exec(readme) ?? [];
  const ask = `
    srf.on('connect', async () => {
      const client = await openUdpTransport({ address: '127.0.0.1', port: 0 });
      client.onMessage((bytes) => {
        console.log(new TextDecoder().decode(bytes));
        void Promise.all([client.close(), engine.close()]);
      });
      const lines = ['OPTIONS sip:you@127.0.0.1 SIP/2.0', 'Via: SIP/2.0/UDP host.invalid;branch=z9hG4bK1;rport'];
      lines.push('From: <sip:me@host.invalid>;tag=1', 'To: <sip:you@127.0.0.1>', 'Call-ID: 1', 'CSeq: 1 OPTIONS', '', '');
      client.send(new TextEncoder().encode(lines.join('\\r\\n')), udp.localAddress);
    });`;
  const stdout = await run(code.replace('port: 5070', 'port: 0') + ask);
  expect(stdout).toMatch(/^SIP\/2\.0 200 OK\r\n/u);
});

it('the README has an engine with paths that starts as it stands', async () => {
  const readme = await readReadme();
  const blocks = readme.split('```ts\n').map((text) => text.split('```')[0] ?? '');
  const code = blocks.find((text) => text.includes('pathTo'));
  const open = `
    import { createSipEngine, openUdpTransport } from '@truetuple/sip-engine';
    const net1 = await openUdpTransport({ address: '127.0.0.1', port: 0 });
    const publicSide = await openUdpTransport({ address: '127.0.0.2', port: 0 });
    const secret = 'between us';`;
  const close = `console.log(await engine.close());`;
  const stdout = await run([open, code, close].join('\n'));
  expect(stdout).toContain('guardRefusals: 0');
});

function readReadme(): Promise<string> {
  return readFile(join(packageFolder, 'README.md'), 'utf8');
}

/** What a program prints that is started in the package's folder. */
async function run(program: string): Promise<string> {
  const args = ['--conditions=truetuple-source', '--input-type=module-typescript', '--eval'];
  const cwd = packageFolder;
  const { stdout } = await promisify(execFile)(process.execPath, [...args, program], { cwd });
  return stdout;
}
