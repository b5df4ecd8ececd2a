import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { whyNoNamespaces } from './netns-rights.ts';

const root = join(import.meta.dirname, '../..');
const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`the README of netlink${needs}`, () => {
  it('has examples that run as they stand', () => {
    const readme = readFileSync(join(root, 'packages/netlink/README.md'), 'utf8');
    const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => run(code));
    expect(examples.length).toBeGreaterThanOrEqual(6);
    const said = examples.join('');
    expect(said).toContain("destination: '192.0.2.1/32'");
    expect(said).toMatch(/kind: 'failed',\s+error: NetlinkError: adding rule 100 .* \(EEXIST\)/);
    expect(said).toContain("gateway: '10.0.2.1'");
    expect(said).toContain("{ key: '203.0.113.50', value: '10.0.2.128' }");
    expect(said).toContain("'ip rule add priority 100 from 10.0.2.128/32 protocol 227 table 200'");
    expect(said).toContain('added a rule for table 200');
    expect(said).toContain('\n[]\n1 flow deleted\n');
    expect(said).toMatch(/newRule .*\n.*priority/s);
    expect(said).toContain("comment: 'stateless: no conntrack, no other port'");
  });
});

// Node 22 does not know `using`: there who copies the example compiles it, as is done here.
const isOld = Number.parseInt(process.versions.node, 10) < 24;

function run(example: string): string {
  const code = isOld ? transformSync(example, { loader: 'ts', target: 'node22' }).code : example;
  const options = ['--conditions=truetuple-source', '--input-type=module-typescript'];
  return execFileSync(process.execPath, [...options, '--eval', code], {
    cwd: join(root, 'test'),
    encoding: 'utf8',
  });
}
