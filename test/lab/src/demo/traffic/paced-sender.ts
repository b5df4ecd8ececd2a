import { setTimeout as wait } from 'node:timers/promises';

export interface PacedSending {
  readonly count: number;
  /** From one packet to the next. */
  readonly paceMs: number;
  /** Sends packet `sequence` (from 1); false when the system refused it. */
  readonly send: (sequence: number) => Promise<boolean>;
}

/** Sends at a steady pace, catching up when a timer was late; resolves with how many were accepted. */
export async function sendPaced({ count, paceMs, send }: PacedSending): Promise<number> {
  const start = performance.now();
  const accepted: Promise<boolean>[] = [];
  for (let sequence = 1; sequence <= count; sequence++) {
    const due = start + (sequence - 1) * paceMs;
    const early = due - performance.now();
    if (early > 0) await wait(early);
    accepted.push(send(sequence));
  }
  const results = await Promise.all(accepted);
  return results.filter(Boolean).length;
}
