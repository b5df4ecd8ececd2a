import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { GuestArchitecture } from './architecture.ts';
import { requireProgram } from './guest-program.ts';

export interface Machine {
  readonly architecture: GuestArchitecture;
  readonly vmlinuz: string;
  /** An open file, read from its start. */
  readonly initramfsDescriptor: number;
  readonly memoryMb: number;
  readonly timeoutMs: number;
}

export interface MachineEnd {
  /** Everything from the first serial port, the guest's console, and qemu's own complaints. */
  readonly console: string;
  /** Everything from the second serial port. */
  readonly resultText: string;
  readonly timedOut: boolean;
}

// descriptors of the child beside its standard three
const resultsDescriptor = 3;
const initramfsDescriptor = 4;

/**
 * Runs a machine until it powers itself off, or kills it when its time is up. Emulation in software
 * always: hardware acceleration inside a virtual machine may hang.
 */
export async function startQemu(machine: Machine): Promise<MachineEnd> {
  const { program, debianPackage } = machine.architecture.qemu;
  const qemu = requireProgram(program, debianPackage);
  // setpriv: the kernel kills the machine when this process dies, however it dies
  const child = spawn(
    requireProgram('setpriv', 'util-linux'),
    ['--pdeathsig', 'SIGKILL', qemu, ...qemuArguments(machine)],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe', machine.initramfsDescriptor] },
  );
  const consoleText = collect(child.stdio[1], child.stdio[2]);
  const resultText = collect(child.stdio[resultsDescriptor]);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, machine.timeoutMs);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
  }
  return { console: consoleText(), resultText: resultText(), timedOut };
}

function qemuArguments(machine: Machine): string[] {
  return [
    ['-nodefaults', '-no-reboot', '-net', 'none', '-display', 'none'],
    ['-accel', 'tcg', '-smp', '1', '-m', String(machine.memoryMb)],
    ['-serial', 'stdio'],
    // a socket pair that spawn made; qemu takes its end as it is
    ['-chardev', `socket,id=results,fd=${resultsDescriptor}`, ...machine.architecture.machine],
    ['-kernel', machine.vmlinuz, '-initrd', `/dev/fd/${initramfsDescriptor}`],
    ['-append', `console=${machine.architecture.console} quiet panic=1`],
  ].flat();
}

type Output = Readable | Writable | null | undefined;

/** Gathers what arrives on streams, in order of arrival; the answer is complete after 'close'. */
function collect(...streams: readonly Output[]): () => string {
  const chunks: Buffer[] = [];
  for (const stream of streams) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
