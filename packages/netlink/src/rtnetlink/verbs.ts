import type { Face } from '../plan.ts';
import { planAddresses } from './addresses.ts';
import type { Addresses } from './addresses.ts';
import { planLinks } from './links.ts';
import type { Links } from './links.ts';
import { planNeighbourTables } from './neighbour-table.ts';
import type { NeighbourTables } from './neighbour-table.ts';
import { planNeighbours } from './neighbour.ts';
import type { Neighbours } from './neighbour.ts';
import { planNetconfs } from './netconf.ts';
import type { Netconfs } from './netconf.ts';
import { planNextHops } from './next-hops.ts';
import type { NextHops } from './next-hops.ts';
import { planRoutes } from './routes.ts';
import type { Routes } from './routes.ts';
import { planRules } from './rules.ts';
import type { Rules } from './rules.ts';

/** All that can be asked of rtnetlink, by what it is about. */
export interface Verbs<F extends Face = 'async'> {
  readonly links: Links<F>;
  readonly addresses: Addresses<F>;
  readonly routes: Routes<F>;
  readonly rules: Rules<F>;
  readonly neighbours: Neighbours<F>;
  readonly neighbourTables: NeighbourTables<F>;
  readonly nextHops: NextHops<F>;
  readonly netconfs: Netconfs<F>;
}

/** The one definition of each verb; every face of it is made from this. */
export function planVerbs(): Verbs<'plan'> {
  return {
    links: planLinks(),
    addresses: planAddresses(),
    routes: planRoutes(),
    rules: planRules(),
    neighbours: planNeighbours(),
    neighbourTables: planNeighbourTables(),
    nextHops: planNextHops(),
    netconfs: planNetconfs(),
  };
}
