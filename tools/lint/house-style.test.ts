// Runs the real linter, with the real configuration, on a small repository full of planted faults.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const repository = join(import.meta.dirname, '..', '..');
const core = 'packages/core/src';

/** A file with one fault, and the rule that has to see it there. */
const planted: Readonly<Record<string, { readonly rule: string; readonly text: string }>> = {
  [`${core}/tagged-after.ts`]: {
    rule: 'house(tagged-literal)',
    text: "const rest = { a: 1 };\nexport const step = { kind: 'add', ...rest };\n",
  },
  [`${core}/tagged-before.ts`]: {
    rule: 'house(tagged-literal)',
    text: "const rest = { a: 1 };\nexport const step = { ...rest, 'kind': 'add' };\n",
  },
  [`${core}/colour.ts`]: { rule: 'house(erasable)', text: 'export enum Colour {\n  Red,\n}\n' },
  [`${core}/space.ts`]: {
    rule: 'house(erasable)',
    text: 'export namespace Space {\n  export const a = 1;\n}\n',
  },
  [`${core}/parameter.ts`]: {
    rule: 'house(erasable)',
    text: 'export class Held {\n  constructor(readonly name: string) {}\n}\n',
  },
  [`${core}/utils.ts`]: { rule: 'house(file-name)', text: 'export const a = 1;\n' },
  [`${core}/kernel/static-import.ts`]: {
    rule: 'house(imports)',
    text: "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;\n",
  },
  [`${core}/kernel/export-from.ts`]: {
    rule: 'house(imports)',
    text: "export { readFileSync } from 'node:fs';\n",
  },
  [`${core}/kernel/export-all.ts`]: {
    rule: 'house(imports)',
    text: "export * from 'node:fs';\n",
  },
  [`${core}/dynamic-import.ts`]: {
    rule: 'house(imports)',
    text: "export const lazy = (): Promise<unknown> => import('@aws-sdk/client-ec2');\n",
  },
  [`${core}/import-type.ts`]: {
    rule: 'house(imports)',
    text: "export type Client = import('@aws-sdk/client-ec2').EC2Client;\n",
  },
  ['packages/sip-gateway/src/more-than-the-value.ts']: {
    rule: 'house(imports)',
    text: "export { release, type PublicIdentity } from '@truetuple/core';\n",
  },
  [`${core}/default-export.ts`]: {
    rule: 'import(no-default-export)',
    text: 'const held = 1;\nexport default held;\n',
  },
  [`${core}/environment.ts`]: {
    rule: 'node(no-process-env)',
    text: "export const region = process.env['AWS_REGION'];\n",
  },
  [`${core}/verify/clock.ts`]: {
    rule: 'eslint(no-restricted-globals)',
    text: 'export const now = (): number => Date.now();\n',
  },
  [`${core}/cloud/chance.ts`]: {
    rule: 'eslint(no-restricted-properties)',
    text: 'export const roll = (): number => Math.random();\n',
  },
  [`${core}/long-file.ts`]: {
    rule: 'eslint(max-lines)',
    text: Array.from({ length: 301 }, (_, at) => `export const a${at} = ${at};\n`).join(''),
  },
  [`${core}/long-function.ts`]: {
    rule: 'eslint(max-lines-per-function)',
    text: `export function long(): number {\n  let a = 0;\n${'  a += 1;\n'.repeat(60)}  return a;\n}\n`,
  },
};

/** Files that come close to a fault and have none. */
const innocent: Readonly<Record<string, string>> = {
  [`${core}/spread-without-tag.ts`]:
    'const rest = { a: 1 };\nexport const both = { b: 2, ...rest };\n',
  [`${core}/tag-in-a-field.ts`]:
    "const rest = { a: 1 };\nexport const event = { of: { kind: 'add' }, ...rest };\n",
  [`${core}/main.ts`]: "export const region = process.env['AWS_REGION'];\n",
  ['packages/sip-gateway/src/the-value.ts']:
    "export type { PublicIdentity } from '@truetuple/core';\n",
  [`${core}/kernel/long.test.ts`]: `export const now = Date.now();\n${'\n'.repeat(310)}`,
};

const folder = mkdtempSync(join(tmpdir(), 'truetuple-lint-'));
let seen: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  cpSync(join(repository, 'tools', 'lint'), join(folder, 'tools', 'lint'), { recursive: true });
  write('package.json', '{ "type": "module" }');
  write('.oxlintrc.json', untypedConfiguration());
  for (const [path, { text }] of Object.entries(planted)) write(path, text);
  for (const [path, text] of Object.entries(innocent)) write(path, text);
  seen = await lint();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it.each(Object.entries(planted))('sees the fault in %s', (path, { rule }) => {
  expect(seen.get(path)).toContain(rule);
});

it.each(Object.keys(innocent))('sees no fault in %s', (path) => {
  expect(seen.get(path)).toBeUndefined();
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** The planted files belong to no TypeScript project, so only the rules that need no types can run on them. */
function untypedConfiguration(): string {
  const text = readFileSync(join(repository, '.oxlintrc.json'), 'utf8');
  const untyped = text.replace('"typeAware": true', '"typeAware": false');
  expect(untyped).not.toBe(text);
  return untyped;
}

/** Rules by file. */
async function lint(): Promise<ReadonlyMap<string, readonly string[]>> {
  const oxlint = join(repository, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const output = await promisify(execFile)(process.execPath, [oxlint, '--format', 'json', '.'], {
    cwd: folder,
  }).then(
    () => '{"diagnostics":[]}', // nothing found: every test above then fails
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: readonly { readonly filename: string; readonly code: string }[];
  };
  const byFile = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) {
    byFile.set(filename, [...(byFile.get(filename) ?? []), code]);
  }
  return byFile;
}
