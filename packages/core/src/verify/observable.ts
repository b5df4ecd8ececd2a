import { CoreError } from '../errors.ts';
import type { Observation } from './finding.ts';

/** What EC2 does not show is a finding; only an abort is an error. */
export async function observable(
  wanted: string,
  look: () => Promise<Observation[]>,
): Promise<Observation[]> {
  try {
    return await look();
  } catch (error) {
    if (!CoreError.is(error) || error.code === 'Aborted') throw error;
    const { message: seen, remedy } = error;
    return [{ code: 'cloud-not-asked', severity: 'unproven', seen, wanted, remedy }];
  }
}
