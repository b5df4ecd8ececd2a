import { existsSync } from 'node:fs';
import { boxIsMissing } from '../netns/box-is-missing.ts';

const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];
const programs = [
  { name: 'sipp', package: 'sip-tester' },
  { name: 'rtpengine', package: 'rtpengine-daemon' },
  { name: 'tshark', package: 'tshark' },
];
const missing = programs.filter(
  ({ name }) => !folders.some((path) => existsSync(`${path}/${name}`)),
);

/** True where the box or a program is missing: then the tests are skipped and counted. In CI that is a failure. */
export const sippIsMissing: boolean = boxIsMissing || missing.length > 0;

if (missing.length > 0) {
  const why = `not installed: ${missing.map((each) => `${each.name} (Debian package ${each.package})`).join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(why);
  console.warn(`skipped: ${why}`);
}
