import { interfaceOf, type CloudView } from '../observe/view.ts';
import { judgeOccupant, type Occupant } from '../plan/occupant.ts';
import type { Acquire } from './acquire-grant.ts';
import { wantedBy } from './acquire-wish.ts';

/** What the private IP carries. */
export function occupantOf(acquire: Acquire, view: CloudView): Occupant | undefined {
  const eni = interfaceOf(view, acquire.networkInterfaceId);
  return eni && judgeOccupant(wantedBy(acquire), view, eni);
}
