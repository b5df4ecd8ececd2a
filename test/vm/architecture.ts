/** What differs between the machines that a guest can be. All are emulated on x64. */
export interface GuestArchitecture {
  /** As Debian calls it. */
  readonly debian: 'amd64' | 'arm64';
  readonly qemu: { readonly program: string; readonly debianPackage: string };
  /** Options of qemu: the machine, where it has no usual one, and a second serial port for `chardev:results`. */
  readonly machine: readonly string[];
  /** The device of the guest's first serial port, without /dev. */
  readonly console: string;
  /** Device of the serial port that carries results. */
  readonly resultsDevice: string;
}

export type ArchitectureName = 'x64' | 'arm64';

export const architectures: Readonly<Record<ArchitectureName, GuestArchitecture>> = {
  x64: {
    debian: 'amd64',
    qemu: { program: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
    machine: ['-serial', 'chardev:results'],
    console: 'ttyS0',
    resultsDevice: '/dev/ttyS1',
  },
  arm64: {
    debian: 'arm64',
    qemu: { program: 'qemu-system-aarch64', debianPackage: 'qemu-system-arm' },
    machine: ['-machine', 'virt', '-cpu', 'cortex-a72', '-device', 'pci-serial,chardev=results'],
    console: 'ttyAMA0',
    resultsDevice: '/dev/ttyS0',
  },
};
