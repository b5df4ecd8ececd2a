import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openLog } from './open-log.ts';

vi.mock('node:fs', { spy: true });
const write = vi.mocked(writeSync);

let directory: string;
let fd: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'truetuple-log-'));
  fd = openSync(join(directory, 'log'), 'a');
});
afterEach(() => {
  write.mockReset();
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

function failWith(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: write`), { code });
  };
}

function messages(): readonly unknown[] {
  const lines = readFileSync(join(directory, 'log'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly msg: unknown }).msg);
}

it.each(['ENOSPC', 'EIO', 'EPIPE'])('loses what ends with %s, and goes on', (code) => {
  const log = openLog('info', fd);
  log.info('before');
  write.mockImplementation(failWith(code));
  log.info('lost');
  log.fatal({ err: new Error('why') }, 'lost');
  write.mockReset();
  log.info('after');
  expect(messages()).toEqual(['before', 'after']);
});

it('writes a line whole, of which the kernel took a part, and then nothing for a moment', () => {
  write.mockImplementationOnce((to, text) => writevSync(to, [Buffer.from(text).subarray(0, 7)]));
  write.mockImplementationOnce(failWith('EAGAIN'));
  openLog('info', fd).info('whole');
  expect(messages()).toEqual(['whole']);
});
