import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
/** Folders with pages of ours; below them, what was installed or built. */
const places = ['bench', 'docs', 'packages', 'test', 'tools'];
const notOurs = ['api', 'build', 'dist', 'node_modules'];

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return notOurs.includes(entry.name) ? [] : pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const pages = ['README.md', ...places.flatMap(pagesIn)];

/** What this repository is called where a page is read elsewhere, as on the npm registry. */
const abroad = 'https://github.com/truetuple/truetuple/blob/main/';

/** The text without what is code. */
function proseOf(path: string): string {
  return readFileSync(join(root, path), 'utf8').replaceAll(/^```.*?^```$/gmsu, '');
}

/** As GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(path: string): string[] {
  return [...proseOf(path).matchAll(/^#+ (.*)$/gmu)].map(([, heading = '']) => anchorOf(heading));
}

function whyBroken(page: string, link: string): string | undefined {
  const isHere = link.startsWith(abroad);
  if (!isHere && /^[a-z]+:/u.test(link)) return undefined;
  const [path = '', anchor] = (isHere ? link.slice(abroad.length) : link).split('#');
  const base = isHere ? root : join(root, dirname(page));
  const target = path === '' ? join(root, page) : join(base, path);
  if (!existsSync(target)) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (statSync(target).isDirectory()) return 'a folder has no headings';
  return anchorsOf(relative(root, target)).includes(anchor) ? undefined : 'no such heading';
}

it.each(pages)('every link of %s leads somewhere', (page) => {
  const links = [...proseOf(page).matchAll(/\]\(([^()\s]+)\)/gu)].map(([, link = '']) => link);
  const broken = links.flatMap((link) => {
    const why = whyBroken(page, link);
    return why === undefined ? [] : [`${link}: ${why}`];
  });
  expect(broken).toEqual([]);
});

it('what leads nowhere would be found', () => {
  expect(pages).toContain(join('packages', 'core', 'README.md'));
  expect(whyBroken('README.md', 'docs/none.md')).toBe('there is no such file');
  expect(whyBroken('README.md', 'docs/iam.md#none')).toBe('no such heading');
  expect(whyBroken('README.md', `${abroad}docs/none.md`)).toBe('there is no such file');
  expect(
    whyBroken('docs/errors.md', '../packages/sip-gateway/README.md#the-program'),
  ).toBeUndefined();
});
