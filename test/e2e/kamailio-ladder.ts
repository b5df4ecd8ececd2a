// The gateway's own ladder over what a link carried: a second judge, and the picture in a failing test.
import type { Tuple } from '@truetuple/sip-engine';
import { readCalls, renderLadder, type JudgedTuple } from '@truetuple/sip-gateway/ladder';
import { boxAddresses, udpDatagrams, type Capture } from '@truetuple/lab';

/** What an address of ours said of itself in every call on a link, judged by the ladder. */
export function judgedOn(link: Capture, ours: string): readonly JudgedTuple[] {
  const isOurs = ({ address }: Tuple): boolean => address === ours;
  return readCalls(udpDatagrams(link.packets), { isOurs }).flatMap(({ rows }) =>
    rows.flatMap((row) => (row.kind === 'message' ? row.told : [])),
  );
}

/** Runs checks; should one fail, its error shows the calls that these links carried last. */
export async function withLadder(
  links: readonly Capture[],
  check: () => Promise<void> | void,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    const ladders = links.map((link) => {
      const datagrams = udpDatagrams(link.packets);
      const callId = readCalls(datagrams).at(-1)?.callIds[0];
      const lines = renderLadder(datagrams, callId === undefined ? { names } : { names, callId });
      return [`On ${link.linkName}:`, ...lines].join('\n');
    });
    const said = error instanceof Error ? error.message : String(error);
    throw new Error([said, ...ladders].join('\n\n'), { cause: error });
  }
}

const names = Object.fromEntries(
  Object.entries(boxAddresses).flatMap(([name, address]) =>
    typeof address === 'string' ? [[address, name === 'poolFirst' ? 'gateway' : name]] : [],
  ),
);
