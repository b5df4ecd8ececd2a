import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeCpio, withParents } from './cpio.ts';
import { findProgram } from './guest-program.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const busybox = findProgram('busybox');
const noBusybox = 'busybox, the reader in this test, is not installed';

describe('newc archive', () => {
  it('has the header of the format, a NUL-ended name and padding to four bytes', () => {
    const [header, data, padding] = encodeCpio([
      { kind: 'file', path: 'ab', data: bytes('12345'), executable: false },
    ]);
    const text = Buffer.from(header ?? []).toString('latin1');
    expect(text.slice(0, 6)).toBe('070701');
    expect(text.slice(14, 22)).toBe('000081a4'); // mode 0100644
    expect(text.slice(54, 62)).toBe('00000005'); // file size
    expect(text.slice(94, 102)).toBe('00000003'); // name with its NUL
    expect(text.slice(110)).toBe('ab\0\0\0\0'); // 110 + 3, padded to 116
    expect(data?.byteLength).toBe(5);
    expect(padding?.byteLength).toBe(3);
  });

  it('ends with the trailer', () => {
    expect(Buffer.from(encodeCpio([]).at(-1) ?? []).toString('latin1')).toContain('TRAILER!!!\0');
  });

  it('names each parent directory once, before what lies in it', () => {
    const paths = withParents([
      { kind: 'file', path: 'a/b/c', data: bytes(''), executable: false },
      { kind: 'directory', path: 'a/b' },
      { kind: 'symlink', path: 'a/d', target: 'b' },
    ]).map((entry) => entry.path);
    expect(paths).toEqual(['a', 'a/b', 'a/b/c', 'a/d']);
  });

  it.skipIf(busybox === undefined)(
    `is read by another implementation, contents, modes and links intact${busybox === undefined ? ` (${noBusybox})` : ''}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'truetuple-cpio-'));
      try {
        const archive = Buffer.concat(
          encodeCpio([
            { kind: 'file', path: 'bin/tool', data: bytes('#!/bin/sh\n'), executable: true },
            { kind: 'file', path: 'odd', data: bytes('1234567'), executable: false },
            { kind: 'symlink', path: 'link', target: 'bin/tool' },
          ]),
        );
        execFileSync(busybox ?? '', ['cpio', '-idm'], {
          cwd: folder,
          input: archive,
          stdio: ['pipe', 'ignore', 'pipe'],
        });
        expect(readFileSync(join(folder, 'bin/tool'), 'utf8')).toBe('#!/bin/sh\n');
        expect(statSync(join(folder, 'bin/tool')).mode & 0o777).toBe(0o755);
        expect(readFileSync(join(folder, 'odd'), 'utf8')).toBe('1234567');
        expect(readlinkSync(join(folder, 'link'))).toBe('bin/tool');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
