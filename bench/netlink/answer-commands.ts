import { createInterface } from 'node:readline';

/** Rules added and removed, routes added and removed; each part is over when all of it is done. */
export type Parts = readonly (() => unknown)[];

/** One way to do what is measured, in a process of its own. */
export interface Side {
  readonly parts: (linkIndex: number, count: number) => Parts;
  /** Lists the routes of the table; gives how many there are. */
  readonly list: () => Promise<number> | number;
}

/** Says `ready`, then answers the commands of `peer.c` from standard input until it ends. */
export async function answerCommands({ parts, list }: Side): Promise<void> {
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const [what, linkIndex, count] = line.split(' ');
    const start = performance.now();
    if (what === 'd') {
      const found = await list();
      console.log(`${microseconds(performance.now() - start)} ${String(found)}`);
    } else {
      const taken: number[] = [];
      for (const part of parts(Number(linkIndex), Number(count))) taken.push(await time(part));
      console.log(taken.map(microseconds).join(' '));
    }
  }
}

async function time(what: () => unknown): Promise<number> {
  const start = performance.now();
  await what();
  return performance.now() - start;
}

function microseconds(milliseconds: number): string {
  return (milliseconds * 1000).toFixed(1);
}
