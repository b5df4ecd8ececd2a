import type { Tuple } from '@truetuple/sip-engine';

/** Everybody's place on loopback; the gateway's subnet is its own. */
export const places = {
  server: at('127.60.1.1'),
  caller: at('127.60.1.2', 0),
  callee: at('127.60.1.3'),
  gateway: at('127.60.2.1'),
  mediaCaller: at('127.60.3.1', 5070),
  mediaCallee: at('127.60.3.2', 5070),
} as const;

function at(address: string, port = 5060): Tuple {
  return { address, port };
}

/** How long and how often everything is measured. */
export interface Settings {
  readonly rounds: number;
  /** Load of one round. */
  readonly roundSeconds: number;
  /** Load before the first one that counts: until then V8 compiles. */
  readonly warmUpSeconds: number;
  readonly enduranceSeconds: number;
  /** One step of the search for the highest rate. */
  readonly stepSeconds: number;
  readonly sippSeconds: number;
  readonly mediaSeconds: number;
  readonly stubCalls: number;
  /**
   * Whether a round counts what its transactions cost until the last one has ended, 32 seconds after the last call.
   */
  readonly untilSettled: boolean;
  /**
   * Whether the generator polls: `--polling`. Never beside the relay, which needs a processor of its own, nor with sipp.
   */
  readonly isPolled: boolean;
}

export const fullSettings: Settings = {
  rounds: 3,
  roundSeconds: 10,
  warmUpSeconds: 10,
  enduranceSeconds: 60,
  stepSeconds: 8,
  sippSeconds: 60,
  mediaSeconds: 20,
  stubCalls: 20_000,
  untilSettled: true,
  isPolled: false,
};

/** A few minutes less: no figure to publish. */
export const quickSettings: Settings = {
  rounds: 1,
  roundSeconds: 5,
  warmUpSeconds: 3,
  enduranceSeconds: 10,
  stepSeconds: 3,
  sippSeconds: 5,
  mediaSeconds: 5,
  stubCalls: 5_000,
  untilSettled: false,
  isPolled: false,
};

/** Calls per second that the bounds ask for. */
export const rates = { uas: 3_000, b2bua: 800, gatewaySetUps: 200 } as const;

/** `rates.b2bua` is what is asked for at least: a minute is played at this rate, too. */
export const busyB2buaRate = 1_200;

/** Calls with media in both directions while the relay is measured: 10,000 packets a second. */
export const mediaCalls = 100;

/** A second: 20 ms of sound each. */
export const packetsPerLeg = 50;
