import type { CloudState } from './cloud-state.ts';
import { isSameRecord, type FormerRecord } from './copy-cloud.ts';

/** The kinds of resources that only a test's own hands make and change, apart from their tags. */
export const topologyKinds = [
  'instances',
  'subnets',
  'securityGroups',
  'networkAcls',
  'prefixLists',
] as const;

export type TopologyKind = (typeof topologyKinds)[number];

type Records = ReadonlyMap<string, unknown>;

/** What the topology was after the latest change of it; knows of these kinds and no others. */
export class TopologyCopy {
  readonly #latest: Map<TopologyKind, Records>;

  constructor(kinds: readonly TopologyKind[]) {
    this.#latest = new Map(kinds.map((kind) => [kind, new Map()]));
  }

  /** Copies what was changed since the last time. Answers what that was before. */
  follow(state: CloudState): FormerRecord[] {
    return [...this.#latest].flatMap(([kind, was]) => {
      const is: Records = state[kind];
      const ids = new Set([...was.keys(), ...is.keys()]);
      const changed = [...ids].filter((id) => !isSameRecord(was.get(id), is.get(id)));
      if (changed.length === 0) return [];
      this.#latest.set(kind, structuredClone(is));
      return changed.map((id) => ({ kind, id, record: was.get(id) }));
    });
  }
}
