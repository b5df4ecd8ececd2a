import type { Phones } from '../calls/phones.ts';
import type { PodProcess } from '../pod/pod-process.ts';
import type { GatewayPlace, Stage } from '../stage.ts';
import { formatTuple, peerClasses } from '../traffic/flow.ts';
import { playCall, setUpCall, sidesOf, type CallScript, type PlayedCall } from './call-act.ts';

/** One second of PCMU from each side. */
const packets = 50;
/** Only what is lost uses it up. */
const inviteMs = 3000;
const hearMs = 1000;
const byeMs = 1000;

const directions = ['inward', 'outward'] as const;

/** Act 1: the calls of act 2 through the same gateway, on eth0. None where the stage has no eth0. */
export async function playStockCalls(
  stage: Stage,
  pod: PodProcess,
): Promise<readonly PlayedCall[]> {
  const place = stage.stockGateway;
  await using phones = place === undefined ? undefined : await stage.openPhones();
  if (phones === undefined || place === undefined) return [];
  await takeCalls(pod, phones, place);
  // nothing comes back to the VPC's side, and no answer to BYE: neither is worth a long wait
  const hearing = ['internet'] as const;
  const script = { gateway: place.tuple, packets: 10, hearing, hearMs, byeMs: 100 };
  // what comes in at all would have come in by then: the INVITE is dropped on its first hop
  const inward = {
    ...script,
    direction: 'inward',
    name: 'stock-inward-call',
    inviteMs: 100,
  } as const;
  const outward = {
    ...script,
    direction: 'outward',
    name: 'stock-outward-call',
    inviteMs,
  } as const;
  return [await playCall(phones, inward), await playCall(phones, outward)];
}

/** Act 2: one call each way through the gateway on the identity. */
export async function playCalls(
  phones: Phones,
  pod: PodProcess,
  place: GatewayPlace,
): Promise<readonly PlayedCall[]> {
  await takeCalls(pod, phones, place);
  const played: PlayedCall[] = [];
  for (const direction of directions) {
    const script = { ...scriptOf(place), direction, name: `${direction}-call` };
    played.push(await playCall(phones, script));
  }
  return played;
}

export interface CallInProgress {
  /** RTP packets that the less lucky side has heard by now. */
  heard(): number;
  /** Resolves when neither side talks any more. */
  quiet(): Promise<unknown>;
}

/** Act 3: a call that is up, and heard on both sides, when this resolves. */
export async function holdCall(phones: Phones, place: GatewayPlace): Promise<CallInProgress> {
  const direction = 'inward';
  const calls = await setUpCall(phones, { ...scriptOf(place), direction });
  const { caller, callee } = sidesOf(phones, direction);
  const sides = [caller, callee];
  const before = sides.map(({ media }) => media.heard);
  const heard = (): number =>
    Math.min(...sides.map(({ media }, at) => media.heard - (before[at] ?? 0)));
  if (calls === undefined) return { heard, quiet: async () => undefined };
  const told = [calls.caller.media, calls.callee.media];
  const talks = sides.map(async ({ media }, at) => {
    const to = told[at];
    if (to !== undefined) await media.send(to, 15);
  });
  await Promise.all(sides.map(({ media }, at) => media.hears((before[at] ?? 0) + 5, hearMs)));
  return { heard, quiet: () => Promise.all(talks) };
}

function scriptOf({ tuple }: GatewayPlace): Omit<CallScript, 'name' | 'direction'> {
  return { gateway: tuple, packets, inviteMs, hearing: peerClasses, hearMs, byeMs };
}

/** The pod's gateway takes calls once this resolves: `inward` leads to the VPC, `outward` to the Internet. */
async function takeCalls(pod: PodProcess, phones: Phones, place: GatewayPlace): Promise<void> {
  const { internet, vpc } = phones.agents;
  const taken = pod.next('takes-calls', 30_000);
  const { networks, sipPort } = place;
  const routes = {
    inward: `sip:client@${formatTuple(vpc.tuple)}`,
    outward: `sip:peer@${formatTuple(internet.tuple)}`,
  };
  pod.say({ kind: 'take-calls', plan: { networks, sipPort, routes } });
  await taken;
}
