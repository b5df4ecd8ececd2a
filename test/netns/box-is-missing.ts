import { checkBoxPrerequisites } from '@truetuple/lab';

const found = checkBoxPrerequisites();

/**
 * True where no box can be built: then its tests are skipped and counted, and this says why. In CI that
 * is a failure instead.
 */
export const boxIsMissing: boolean = !found.available;

if (!found.available) {
  const why = `VPC in a box: ${found.reason}. ${found.remedy}`;
  if (process.env['CI'] === 'true') throw new Error(why);
  console.warn(`skipped: ${why}`);
}
