// Places calls on a server, and answers leg B where the server calls on. Input and result are lines of JSON over IPC.
import { setTimeout } from 'node:timers/promises';
import { openBareUas, bindUdp } from './bare-uas.ts';
import { Caller, type CallPlan, type LoadResult } from './caller.ts';
import type { Tuple } from '@truetuple/sip-engine';

export interface LoadInput {
  readonly plan: CallPlan;
  readonly from: Tuple;
  /** Where leg B is answered; undefined when the server answers by itself. */
  readonly callee: Tuple | undefined;
  /**
   * Whether the generator asks for datagrams over and over instead of sleeping until one comes. What a server sends has to wake
   * nobody then, as when its peer is another machine; it takes the generator's processor whole.
   */
  readonly isPolling: boolean;
}

export interface LoadReport extends LoadResult {
  /** Leg B's own account; undefined where there is none. */
  readonly callee: { readonly open: number; readonly strange: number } | undefined;
  /** Requests that the server repeated to leg B. */
  readonly repeatsToCallee: number;
  readonly cpuUs: number;
}

/** How long leg B may wait for its last BYE; a call that is still open then is told as such. */
const patienceMs = 2_000;

async function play({ plan, from, callee, isPolling }: LoadInput): Promise<LoadReport> {
  const answering = callee === undefined ? undefined : await openBareUas(callee, 180);
  const socket = await bindUdp(from);
  const before = process.cpuUsage();
  const caller = new Caller(socket, plan);
  const result = await (isPolling ? polling(caller.run()) : caller.run());
  // the last BYE reaches leg B after the caller has its answer
  if (answering !== undefined) await Promise.race([answering.idle(), setTimeout(patienceMs)]);
  const { user, system } = process.cpuUsage(before);
  socket.close();
  const account =
    answering === undefined ? undefined : { open: answering.open(), strange: answering.strange() };
  const repeatsToCallee = answering?.retransmissionsIn() ?? 0;
  await answering?.close();
  return { ...result, callee: account, repeatsToCallee, cpuUs: user + system };
}

/** An event loop that has something to do at once does not sleep. */
async function polling<Result>(running: Promise<Result>): Promise<Result> {
  let isOver = false;
  const poll = (): void => {
    if (!isOver) setImmediate(poll);
  };
  poll();
  try {
    return await running;
  } finally {
    isOver = true;
  }
}

// it stays for the next order, until the bench ends it
process.on('message', (input: LoadInput) => {
  void play(input).then((report) => process.send?.(report));
});
process.once('disconnect', () => process.exit());
