import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installStamp, workspaceEnvironment } from './workspace.mjs';

describe('installStamp', () => {
  const files = [
    { name: 'pnpm-lock.yaml', content: 'a: 1\n' },
    { name: 'package.json', content: '{}' },
  ];

  it('is the same for the same files', () => {
    expect(installStamp(files)).toBe(installStamp(structuredClone(files)));
  });

  it('changes with the content of any file', () => {
    const changed = files.map((file, at) =>
      at === 1 ? { name: file.name, content: '{ }' } : file,
    );
    expect(installStamp(changed)).not.toBe(installStamp(files));
  });

  it('sees text that moved from one file to the next', () => {
    const one = [
      { name: 'a', content: 'xy' },
      { name: 'b', content: '' },
    ];
    const other = [
      { name: 'a', content: 'x' },
      { name: 'b', content: 'y' },
    ];
    expect(installStamp(one)).not.toBe(installStamp(other));
  });
});

it('puts the tools of the workspace first on the path', () => {
  const path = workspaceEnvironment('/somewhere')['PATH'];
  expect(path?.split(delimiter)[0]).toBe(join('/somewhere', 'node_modules', '.bin'));
});
