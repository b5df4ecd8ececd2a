import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whyNoNamespaces } from './netns-rights.ts';

const root = join(import.meta.dirname, '../..');
const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`the README of netlink${needs}`, () => {
  it('has an example that runs as it stands', () => {
    const readme = readFileSync(join(root, 'packages/netlink/README.md'), 'utf8');
    const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    const options = ['--conditions=truetuple-source', '--input-type=module-typescript'];
    const said = execFileSync(process.execPath, [...options, '--eval', code], {
      cwd: join(root, 'test'),
      encoding: 'utf8',
    });
    expect(said).toContain("destination: '192.0.2.1/32'");
    expect(said).toContain("gateway: '10.0.2.1'");
  });
});
