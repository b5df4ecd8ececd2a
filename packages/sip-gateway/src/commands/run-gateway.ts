import { setTimeout as delay } from 'node:timers/promises';
import type { KeepEvent } from '@truetuple/core';
import type { Logger } from 'pino';
import { classifyPeer, type PeerNetworks } from '../call/peer-class.ts';
import { routeByTable } from '../config/routes.ts';
import { readSecret, type Environment } from '../config/secret.ts';
import type { GatewayConfig } from '../config/shape.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayOptions } from '../gateway-options.ts';
import type { Gateway } from '../gateway.ts';
import {
  logAlarm,
  logEvent,
  logKeepEvent,
  logRelayNice,
  logRelayRealtime,
} from '../telemetry/gateway-log.ts';
import { GatewayMetrics } from '../telemetry/gateway-metrics.ts';
import { openMonitoring } from '../telemetry/monitoring-server.ts';
import { exitCodes, type ExitCode } from './exit-code.ts';
import { aborted, type Failure, type StopReason, type StopWish } from './stop-signals.ts';
import type { TakenIdentity } from './taken-identity.ts';

export interface RunParts {
  readonly log: Logger;
  readonly stop: StopWish;
  readonly environment: Environment;
  /** Takes the identity, and tells what the keep of it does, if it keeps it. */
  readonly takeIdentity: (
    signal: AbortSignal,
    onKeepEvent: (event: KeepEvent) => void,
  ) => Promise<TakenIdentity>;
  readonly createGateway: (options: GatewayOptions) => Promise<Gateway>;
  /** Between attempts to start. Default 500. */
  readonly againMs?: number;
}

/** How long calls whose media is gone may take to end. */
const farewellMs = 5_000;

/**
 * A gateway from its identity to its end. Up: monitoring, identity, sockets and relay, ready. Down: not ready, no new calls, the calls
 * that are up until they end or the deadline comes, sockets and relay, and the identity last.
 *
 * @returns how the process is to end; what went wrong is in the log
 * @throws GatewayError ConfigInvalid for a secret that is not there: nothing was taken then
 */
export async function runGateway(parts: RunParts, config: GatewayConfig): Promise<ExitCode> {
  const { log, stop } = parts;
  const signalling = await signallingOf(config.signalling, parts.environment);
  let up: Up = { waitsFor: 'the identity is not held yet' };
  const unready = (): string | undefined => (stop.signal.aborted ? 'draining' : unreadyBecause(up));
  const metrics = new GatewayMetrics(() => unready() === undefined);
  const monitoring = await openMonitoring(config.monitoring, {
    unready,
    metrics: () => metrics.text(),
    metricsType: metrics.contentType,
  });
  try {
    const taken = await take(parts, metrics);
    if (taken === undefined) return stop.signal.aborted ? codeOf(stop) : exitCodes.noIdentity;
    void taken.lost.then((because) => stop.stop({ kind: 'identity-lost', because }));
    metrics.holds(taken);
    log.info({ identity: taken.identity }, 'the identity is held');
    up = { waitsFor: 'sockets and relay are not open yet' };
    const onReady = (gateway: Gateway): void => {
      up = { taken, gateway };
    };
    const serving = { taken, metrics, signalling, onReady };
    const code = await serve(parts, config, serving).catch((error: unknown) => {
      log.fatal({ err: error }, 'a defect');
      return exitCodes.unexpected;
    });
    return await giveBack(log, taken, code);
  } finally {
    await monitoring.close();
  }
}

/** How far it is. */
type Up =
  | { readonly waitsFor: string }
  | { readonly taken: TakenIdentity; readonly gateway: Gateway };

function unreadyBecause(up: Up): string | undefined {
  if ('waitsFor' in up) return up.waitsFor;
  const unproven = up.taken.unproven();
  if (unproven !== undefined) return `the identity is not proven: ${unproven}`;
  return up.gateway.isReady() ? undefined : 'the SIP server is not there';
}

async function take(
  { log, stop, takeIdentity }: RunParts,
  metrics: GatewayMetrics,
): Promise<TakenIdentity | undefined> {
  try {
    return await takeIdentity(stop.signal, (event) => {
      logKeepEvent(log, event);
      metrics.takeKeep(event);
    });
  } catch (error) {
    if (stop.signal.aborted) log.info('asked to end before the identity was held');
    else log.error({ err: error }, 'the identity could not be taken');
    return undefined;
  }
}

async function giveBack(log: Logger, taken: TakenIdentity, code: ExitCode): Promise<ExitCode> {
  try {
    await taken.release();
    log.info('the identity is given back');
    return code;
  } catch (error) {
    log.error({ err: error }, 'the identity could not be given back');
    return code === exitCodes.asked ? exitCodes.notReleased : code;
  }
}

interface Serving {
  readonly taken: TakenIdentity;
  readonly metrics: GatewayMetrics;
  readonly signalling: GatewayOptions['signalling'];
  readonly onReady: (gateway: Gateway) => void;
}

async function serve(parts: RunParts, config: GatewayConfig, serving: Serving): Promise<ExitCode> {
  const { log, stop } = parts;
  const { metrics, onReady } = serving;
  const gateway = await open(parts, config, serving);
  if (gateway === undefined) return stop.signal.aborted ? codeOf(stop) : exitCodes.notStarted;
  metrics.watches(gateway);
  onReady(gateway);
  void sayRelayThread(log, config, gateway);
  log.info({ sipPort: config.sip.port }, 'ready');
  const reason = await stop.wished();
  log.info({ reason, ...gateway.counts() }, 'ending');
  await endCalls(gateway, patienceFor(reason, config), stop);
  await gateway.close();
  log.info(gateway.counts(), 'ended');
  return codeOf(stop);
}

async function sayRelayThread(
  log: Logger,
  { media }: GatewayConfig,
  gateway: Gateway,
): Promise<void> {
  if (media.kind !== 'embedded') return;
  // one that is gone by now is told by its event
  const counts = await gateway.media().catch(() => undefined);
  if (counts?.nice === undefined) return;
  logRelayNice(log, { asked: media.nice, nice: counts.nice });
  logRelayRealtime(log, media.realtimePriority, counts);
}

/** undefined when it could not start, or shall not any more. Servers of other processes get their time. */
async function open(
  parts: RunParts,
  config: GatewayConfig,
  serving: Serving,
): Promise<Gateway | undefined> {
  const { log, stop } = parts;
  const since = performance.now();
  while (!stop.signal.aborted) {
    try {
      return await parts.createGateway(optionsOf(parts, config, serving));
    } catch (error) {
      const isLate = performance.now() - since >= config.startup.waitMs;
      if (!GatewayError.is(error) || error.retry === 'never' || isLate) {
        log.error({ err: error }, 'the gateway could not start');
        return undefined;
      }
      log.warn({ because: error.message }, 'the gateway cannot start yet');
      await pause(parts.againMs ?? 500, stop.signal);
    }
  }
  return undefined;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // who is to end does not wait
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

function optionsOf(
  { log, stop }: RunParts,
  config: GatewayConfig,
  { taken, metrics, signalling }: Serving,
): GatewayOptions {
  const networks: PeerNetworks = { ...config.networks, identity: taken.identity };
  const { sip, timeouts, media } = config;
  return {
    ...networks,
    signalling,
    media,
    timeouts,
    sipPort: sip.port,
    ...(sip.passHeaders === undefined ? {} : { passHeaders: sip.passHeaders }),
    route: routeByTable(config.routes, (source) => classifyPeer(networks, source)),
    onEvent: (event) => {
      logEvent(log, event);
      metrics.take(event);
      if (event.kind === 'relay-failed') stop.stop({ kind: event.kind, because: event.because });
    },
    onAlarm: (alarm) => {
      logAlarm(log, alarm);
      metrics.alarm(alarm);
    },
  };
}

async function signallingOf(
  signalling: GatewayConfig['signalling'],
  environment: Environment,
): Promise<GatewayOptions['signalling']> {
  if (signalling.kind === 'embedded') return signalling;
  const { secretFrom, ...server } = signalling;
  return { ...server, secret: await readSecret(secretFrom, environment) };
}

/** How long the calls that are up may go on. */
function patienceFor(reason: StopReason, { drain }: GatewayConfig): number {
  switch (reason.kind) {
    case 'signal':
      return drain.deadlineMs;
    case 'relay-failed':
      return farewellMs;
    case 'identity-lost':
    case 'defect':
      return 0;
    default:
      return reason satisfies never;
  }
}

/** Resolves when there is no call, or nobody waits any longer. */
async function endCalls(gateway: Gateway, patienceMs: number, { hurry }: StopWish): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => late.resolve(), patienceMs);
  await Promise.race([gateway.drain(), late.promise, aborted(hurry)]);
  clearTimeout(timer);
}

/** The signal is obeyed whatever fails meanwhile, but what fails is told. */
function codeOf({ failure }: StopWish): ExitCode {
  return failure === undefined ? exitCodes.asked : codeOfFailure[failure.kind];
}

const codeOfFailure: Readonly<Record<Failure['kind'], ExitCode>> = {
  'relay-failed': exitCodes.relayFailed,
  'identity-lost': exitCodes.identityLost,
  defect: exitCodes.unexpected,
};
