import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filePublisher } from './adapters/file/file-publisher.ts';
import { identitySpecSchema, parseIdentitySpec } from './identity/identity-spec.ts';
import { parsePublicIdentity, publicIdentitySchema } from './identity/parse-public-identity.ts';

const root = new URL('../../../', import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The text of the page's blocks of that language. */
function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gsu'))].map(
    ([, text = '']) => text,
  );
}

/** The rows of its tables, each as cells; the first cell has names in backticks. */
function rowsOf(page: string): { readonly names: readonly string[]; readonly cells: string[] }[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/u).map((cell) => cell.trim()))
    .map(([, first = '', ...cells]) => ({
      names: [...first.matchAll(/`([^`]+)`/gu)].map(([, name = '']) => name),
      cells,
    }));
}

function namesOn(page: string): string[] {
  return rowsOf(page)
    .flatMap(({ names }) => names)
    .toSorted();
}

/** What valibot's own schemas are made of, as far as a walk needs it. */
interface SchemaNode {
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
  readonly item?: SchemaNode;
  readonly options?: readonly (SchemaNode | string)[];
  readonly default?: unknown;
}

interface Field {
  readonly path: string;
  readonly isRequired: boolean;
  readonly default: unknown;
}

function fieldsOf(schema: SchemaNode, path = ''): Field[] {
  const { wrapped, item, options = [], entries = {} } = schema;
  if (wrapped !== undefined) return fieldsOf(wrapped, path);
  if (item !== undefined) return fieldsOf(item, `${path}[]`);
  const inOptions = options.flatMap((each) =>
    typeof each === 'string' ? [] : fieldsOf(each, path),
  );
  const own = Object.entries(entries).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const isRequired = field.wrapped === undefined;
    return [{ path: at, isRequired, default: field.default }, ...fieldsOf(field, at)];
  });
  return [...new Map([...inOptions, ...own].map((field) => [field.path, field])).values()];
}

describe('docs/spec.md', () => {
  const page = read('docs/spec.md');
  const fields = fieldsOf(identitySpecSchema as SchemaNode);

  it('has every field of the schema, and no other', () => {
    expect(namesOn(page)).toEqual(fields.map(({ path }) => path).toSorted());
    expect(fields.length).toBeGreaterThan(40);
  });

  it.each(fields)('tells whether $path is required, and its default', (field) => {
    const row = rowsOf(page).find(({ names }) => names.includes(field.path));
    const [, told = ''] = row?.cells ?? [];
    expect(told === 'required').toBe(field.isRequired);
    if (field.default === undefined) return;
    const value = told.replaceAll('`', '');
    expect(typeof field.default === 'string' ? value : JSON.parse(value)).toEqual(field.default);
  });

  it('begins with a spec that is taken', () => {
    const [example = ''] = blocksOf(page, 'json');
    expect(parseIdentitySpec(JSON.parse(example)).table).toBe(200);
  });

  it('says rightly how long the owner may be', () => {
    const [example = ''] = blocksOf(page, 'json');
    const spec = JSON.parse(example) as { readonly owner: { readonly uid: string } };
    const others = 'prod'.length + 'voice'.length + 'sip-0'.length;
    const withUid = (uid: string): unknown => ({ ...spec, owner: { ...spec.owner, uid } });
    const longest = 'u'.repeat(206 - others);
    expect(parseIdentitySpec(withUid(longest)).owner.uid).toBe(longest);
    expect(() => parseIdentitySpec(withUid(`${longest}u`))).toThrow('owner: a tag would have 257');
    const dualStack = { addressFamilies: ['ipv4', 'ipv6'], pool: 'p'.repeat(60) };
    const shorter = { ...(withUid('u'.repeat(252 - 60 - others)) as object), ...dualStack };
    expect(parseIdentitySpec(shorter).pool).toBe(dualStack.pool);
    expect(() => parseIdentitySpec({ ...shorter, pool: 'p'.repeat(61) })).toThrow('257');
  });
});

describe('docs/identity-file.md', () => {
  const page = read('docs/identity-file.md');
  const [example = '', mark = ''] = blocksOf(page, 'json');
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'truetuple-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('has every field of the file, and which may be absent', () => {
    const fields = fieldsOf(publicIdentitySchema as SchemaNode);
    // the other tables tell of files, and of what they show
    const rows = rowsOf(page).filter(({ names }) => names.every((name) => !name.includes('-')));
    expect(rows.flatMap(({ names }) => names).toSorted()).toEqual(
      fields.map(({ path }) => path).toSorted(),
    );
    for (const { path, isRequired } of fields) {
      const [type = ''] = rows.find(({ names }) => names.includes(path))?.cells ?? [];
      expect(type.includes('may be absent'), path).toBe(!isRequired);
    }
  });

  it('shows a file that is read, and the mark of its release', async () => {
    const identity = parsePublicIdentity(example, 'the page');
    expect(identity).toEqual(JSON.parse(example));
    await writeFile(join(directory, 'public-ip.released'), mark);
    expect(await filePublisher(directory).isReleased(identity)).toBe(true);
  });

  it('has a reader that sees what is published and withdrawn', async () => {
    const [script = ''] = blocksOf(page, 'sh');
    const publisher = filePublisher(directory);
    const reader = spawn('sh', ['-c', script.replace('/run/truetuple', directory)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: AsyncIterator<string> = createInterface({ input: reader.stdout })[
      Symbol.asyncIterator
    ]();
    const next = async (): Promise<unknown> => (await lines.next()).value;
    try {
      expect(await next()).toBe('withdrawn');
      const identity = await publisher.publish(parsePublicIdentity(example, 'the page'));
      expect(await next()).toBe('203.0.113.50');
      await publisher.release(identity);
      expect(await next()).toBe('withdrawn');
    } finally {
      reader.kill();
    }
  });
});

/** The members of a union of texts. */
function codesIn(path: string, type: string): string[] {
  const [, union = ''] = new RegExp(`export type ${type} =(.*?);`, 'su').exec(read(path)) ?? [];
  return [...union.matchAll(/'([^']+)'/gu)].map(([, code = '']) => code).toSorted();
}

/** The part of a page under a heading of that level, to the next one. */
function partOf(page: string, heading: string): string {
  return page.split(/^## /mu).find((part) => part.startsWith(heading)) ?? '';
}

describe('docs/errors.md', () => {
  const page = read('docs/errors.md');

  it.each([
    ['`CoreError`', codesIn('packages/core/src/errors.ts', 'CoreErrorCode')],
    ['`GatewayError`', codesIn('packages/sip-gateway/src/errors.ts', 'GatewayErrorCode')],
    ['`SipEngineError`', codesIn('packages/sip-engine/src/errors.ts', 'SipEngineErrorCode')],
    [
      'Findings',
      [
        ...codesIn('packages/core/src/verify/kernel-finding.ts', 'KernelFindingCode'),
        ...codesIn('packages/core/src/verify/finding.ts', 'WireFindingCode'),
        ...codesIn('packages/core/src/verify/finding.ts', 'CloudFindingCode'),
      ].toSorted(),
    ],
  ])('has every code of %s once', (heading, codes) => {
    expect(namesOn(partOf(page, heading))).toEqual(codes);
    expect(codes.length).toBeGreaterThan(10);
  });

  it("has netlink's own codes, beside those of the kernel", () => {
    const [, said = ''] =
      /one of ours:(.*?)\*\//su.exec(read('packages/netlink/src/errors.ts')) ?? [];
    const codes = [...said.matchAll(/`(E\w+)`/gu)].map(([, code = '']) => code).toSorted();
    expect(namesOn(partOf(page, '`NetlinkError`'))).toEqual(codes);
  });

  it('tells what to do of each, and the status that a caller hears', () => {
    for (const { names, cells } of rowsOf(page)) {
      for (const cell of cells.slice(0, -1)) expect(cell, names.join()).not.toBe('');
    }
    const gateway = rowsOf(partOf(page, '`GatewayError`'));
    const table = /const statuses.*?= \{(.*?)\};/su.exec(
      read('packages/sip-gateway/src/errors.ts'),
    );
    for (const { names, cells } of gateway) {
      const [, status] = /\((\d{3})\)$/u.exec(cells[0] ?? '') ?? [];
      if (status !== undefined) expect(table?.[1]).toContain(`${names.join()}: ${status}`);
    }
  });
});
