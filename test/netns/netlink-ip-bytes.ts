import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkNamespace } from '@truetuple/netlink';

/** Why the bytes of `ip` cannot be taken here; undefined when they can. */
export function whyNoStrace(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-o', '/dev/null', 'ip', '-V'], {
    encoding: 'utf8',
  });
  if (error !== undefined) return `strace: ${error.message}`;
  return status === 0 ? undefined : stderr.trim().split('\n', 1)[0];
}

/** Runs the commands as one `ip -batch` inside the namespace; gives each message that it sent to the kernel, whole. */
export function bytesOfIp(
  netns: NetworkNamespace,
  commands: readonly string[],
  options: readonly string[],
): readonly Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'truetuple-ip-bytes-'));
  try {
    const [batch, trace] = [join(folder, 'batch'), join(folder, 'trace')];
    writeFileSync(batch, `${commands.join('\n')}\n`);
    const strace = ['strace', '-e', 'trace=sendmsg', '-e', 'write=all', '-o', trace];
    runIn(netns, [...strace, 'ip', ...options, '-force', '-batch', batch]);
    return messagesIn(readFileSync(trace, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `ip -json -details` shows, but for what passes with time. */
export function shownByIp(netns: NetworkNamespace, args: readonly string[]): unknown {
  const text = runIn(netns, ['ip', '-json', '-details', ...args]);
  return JSON.parse(text === '' ? '[]' : text, (name, value: unknown) =>
    passing.has(name) ? undefined : value,
  );
}

const passing = new Set(['valid_life_time', 'preferred_life_time', 'tentative']);

/** -force: a refusal of the kernel is an exit status at the end, and the next command follows. */
function runIn(netns: NetworkNamespace, argv: readonly string[]): string {
  const target = `--net=/proc/${String(process.pid)}/fd/${String(netns.fd)}`;
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const { error, stdout } = spawnSync('nsenter', [target, '--', ...argv], options);
  if (error !== undefined) throw error;
  return stdout;
}

/** strace's dump: " * 52 bytes in buffer 0", then lines of " | 00000  34 00 ...  text |". */
function messagesIn(trace: string): readonly Uint8Array[] {
  const messages: number[][] = [];
  for (const line of trace.split('\n')) {
    if (line.startsWith(' * ')) messages.push([]);
    else if (line.startsWith(' | ')) {
      const hex = line.slice(10, 60).match(/[0-9a-f]{2}/g) ?? [];
      messages.at(-1)?.push(...hex.map((byte) => Number.parseInt(byte, 16)));
    }
  }
  return messages.map((bytes) => Uint8Array.from(bytes));
}
