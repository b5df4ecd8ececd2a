import { existsSync } from 'node:fs';
import { boxIsMissing } from './box-is-missing.ts';

const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];
const programs = [
  { name: 'turnserver', package: 'coturn' },
  { name: 'nft', package: 'nftables' },
];
const missing = programs.filter(
  ({ name }) => !folders.some((path) => existsSync(`${path}/${name}`)),
);

/** True where the box, coturn or nft is missing: then its tests are skipped and counted. In CI that is a failure. */
export const coturnIsMissing: boolean = boxIsMissing || missing.length > 0;

if (missing.length > 0) {
  const why = `not installed: ${missing.map((each) => `${each.name} (Debian package ${each.package})`).join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(why);
  console.warn(`skipped: ${why}`);
}
