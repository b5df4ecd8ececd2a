import { lateParts } from '../../late-parts.ts';
import type { CloudSession } from './cloud-session.ts';
import type { CloudView, PrivateIpPlace } from './view.ts';

/** The view with what these places carry, where a network interface has prefixes: what is within them it does not list. */
export async function lookIntoPrefixes(
  session: CloudSession,
  view: CloudView,
  places: readonly PrivateIpPlace[],
): Promise<CloudView> {
  if (view.networkInterfaces.every(({ ipv4Prefixes }) => !ipv4Prefixes?.length)) return view;
  return (await lateParts.undoAcquire()).withPrefixOccupants(session, view, places);
}
