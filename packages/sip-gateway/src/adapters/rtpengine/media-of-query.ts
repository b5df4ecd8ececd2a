import type { CallMedia, LegMedia } from '../../media/media-relay.ts';

interface NgStats {
  readonly packets?: number;
  readonly bytes?: number;
  readonly errors?: number;
}
interface NgTag {
  readonly medias?: readonly { readonly streams?: readonly { readonly stats?: NgStats }[] }[];
}

/** What rtpengine's `query` says of each leg: the tag `a` is the caller's, every other one the callee's. */
export function mediaOfQuery(reply: Readonly<Record<string, unknown>>): CallMedia {
  const tags = Object.entries((reply['tags'] ?? {}) as Readonly<Record<string, NgTag>>);
  return {
    a: sumOf(tags.filter(([tag]) => tag === 'a').map(([, each]) => each)),
    b: sumOf(tags.filter(([tag]) => tag !== 'a').map(([, each]) => each)),
  };
}

function sumOf(tags: readonly NgTag[]): LegMedia {
  const stats = tags.flatMap(({ medias = [] }) =>
    medias.flatMap(({ streams = [] }) => streams.map((stream) => stream.stats ?? {})),
  );
  const sum = (field: keyof NgStats): number =>
    stats.reduce((total, each) => total + (each[field] ?? 0), 0);
  return { packets: sum('packets'), bytes: sum('bytes'), dropped: sum('errors') };
}
