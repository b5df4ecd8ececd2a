import type { CloudState } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** The zone of a subnet: one of the region's own, as us-west-2a, or one that is named after it, as the Local Zone us-west-2-lax-1a. */
export function requireZone({ region }: CloudState, zone = `${region}a`): string {
  const rest = zone.startsWith(region) ? zone.slice(region.length) : '';
  if (/^(?:-[a-z\d-]*\d)?[a-z]$|^-[a-z\d-]*\d$/.test(rest)) return zone;
  return refuse(
    'InvalidParameterValue',
    `Value (${zone}) for parameter availabilityZone is invalid. It is no zone of ${region}.`,
  );
}

/** EC2 user guide, "Local Zones": the region's own zones are of one network border group, each Local Zone's letters of another. */
export function borderGroupOfZone({ region }: CloudState, zone: string): string {
  return zone.startsWith(`${region}-`) ? zone.replace(/(?<=\d)[a-z]$/, '') : region;
}

/**
 * AllocateAddress: the region's own group by default. What EC2 says of a group that is none, or whose zones the account has not opted in to, is not
 * documented; every group that is named after the region is one here.
 */
export function requireBorderGroup({ region }: CloudState, group: string = region): string {
  if (group === region || group.startsWith(`${region}-`)) return group;
  return refuse('InvalidParameterValue', `There is no network border group ${group} in ${region}.`);
}
