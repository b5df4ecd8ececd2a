import { describe, expect, it } from 'vitest';
import { parseLdd } from './guest-program.ts';
import { readResults } from './guest-result.ts';
import { initScript } from './init-script.ts';

describe('the results port', () => {
  it('gives the program’s lines and its exit status', () => {
    expect(readResults('{"a":1}\r\n{"a":2}\n{"kind":"exit","status":3}\n')).toEqual({
      results: [{ a: 1 }, { a: 2 }],
      status: 3,
    });
  });

  it('of a machine that was killed gives the whole lines and no status', () => {
    expect(readResults('{"a":1}\n{"a":')).toEqual({ results: [{ a: 1 }], status: undefined });
    expect(readResults('')).toEqual({ results: [], status: undefined });
  });

  it('refuses a line that is not JSON', () => {
    expect(() => readResults('kernel panic\n')).toThrow(SyntaxError);
  });
});

describe('shared libraries', () => {
  it('are read from both forms of ldd’s lines, without the vdso', () => {
    const text = [
      '\tlinux-vdso.so.1 (0x00007f464d62a000)',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f464d31a000)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f464d62c000)',
    ].join('\n');
    expect(parseLdd(text)).toEqual([
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/lib64/ld-linux-x86-64.so.2',
    ]);
  });
});

describe('the guest’s init', () => {
  it('quotes the environment and loads modules in the given order, before the program', () => {
    const files = ['modules/00-a.ko', 'modules/01-b.ko'];
    const lines = initScript(files, { NAME: "it's $x" }, '/dev/ttyS7').split('\n');
    expect(lines).toContain('node /guest/src/main.mjs 3> /dev/ttyS7');
    expect(lines).toContain(String.raw`export NAME='it'\''s $x'`);
    const at = (part: string): number => lines.findIndex((line) => line.includes(part));
    expect(at('00-a')).toBeGreaterThan(0);
    expect(at('01-b')).toBeGreaterThan(at('00-a'));
    expect(at('main.mjs')).toBeGreaterThan(at('01-b'));
    expect(at('poweroff')).toBeGreaterThan(at('main.mjs'));
  });
});
