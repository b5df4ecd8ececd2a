/**
 * The guest's first process: mounts, modules, the loopback link, then the program with its result
 * lines on file descriptor 3, which is `resultsDevice`; at last its exit status as one more line, and power off. Pure.
 */
export function initScript(
  moduleFiles: readonly string[],
  environment: Readonly<Record<string, string>>,
  resultsDevice: string,
): string {
  return [
    '#!/bin/busybox sh',
    'export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root',
    'busybox() { /bin/busybox "$@"; }',
    'busybox mount -t proc proc /proc',
    'busybox mount -t sysfs sysfs /sys',
    'busybox mount -t devtmpfs devtmpfs /dev',
    'busybox mount -t tmpfs tmpfs /run',
    ...moduleFiles.map(
      (file) => `busybox insmod /${file} || echo "guest: could not load ${file}" >&2`,
    ),
    'busybox ip link set lo up',
    `busybox stty raw -echo < ${resultsDevice}`,
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `node /guest/src/main.mjs 3> ${resultsDevice}`,
    `echo "{\\"kind\\":\\"exit\\",\\"status\\":$?}" > ${resultsDevice}`,
    'busybox poweroff -f',
    '',
  ].join('\n');
}

function quote(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
