// The worker thread of the embedded relay: sockets and packets live here, away from the SIP event loop.
import { readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { GatewayError, type GatewayErrorDetails } from '../../errors.ts';
import { PortPool } from '../../media/port-pool.ts';
import { RelayEngine } from '../../media/relay-engine.ts';
import { keepBudget } from './keep-budget.ts';
import { nodeDatagrams } from './node-datagrams.ts';
import { setThreadNice } from './thread-nice.ts';
import type {
  WorkerCall,
  WorkerMessage,
  WorkerRequest,
  WorkerResults,
  WorkerSettings,
} from './worker-message.ts';

function start(port: MessagePort, settings: WorkerSettings): void {
  const post = (message: WorkerMessage): void => port.postMessage(message);
  const { addresses, holdTimeoutMs, mediaTimeoutMs, ports, quarantineMs, tickMs } = settings;
  setThreadNice(settings.nice);
  const engine = new RelayEngine({
    network: nodeDatagrams,
    pool: new PortPool(ports, { quarantineMs, random: Math.random }),
    addresses,
    mediaTimeoutMs,
    holdTimeoutMs,
    now: () => performance.now(),
    emit: (event) => post({ kind: 'event', event }),
  });
  // a failed tick is thrown, so that it ends the worker, which the relay then reports
  const timers = [setInterval(() => void engine.tick(), tickMs)];
  if (settings.hasBudget) timers.push(keepBudget((verdict) => post({ kind: 'budget', verdict })));
  port.on('message', (calls: readonly WorkerCall[]) => {
    for (const call of calls) {
      void reply(engine, call).then((message) => {
        post(message);
        if (call.request.kind === 'close') end(port, timers);
        return undefined;
      });
    }
  });
}

async function reply(engine: RelayEngine, { id, request }: WorkerCall): Promise<WorkerMessage> {
  try {
    return { kind: 'done', id, result: await perform(engine, request) };
  } catch (error) {
    return { kind: 'failed', id, error: detailsOf(error) };
  }
}

async function perform(
  engine: RelayEngine,
  request: WorkerRequest,
): Promise<WorkerResults[WorkerRequest['kind']]> {
  switch (request.kind) {
    case 'offer':
      return engine.offer(request.turn);
    case 'answer':
      return engine.answer(request.turn);
    case 'release':
      await engine.release(request.callId);
      return undefined;
    case 'statistics':
      return engine.statistics(request.callId);
    case 'counts':
      return { ...engine.counts(), nice: getPriority() };
    case 'thread-id':
      return threadId();
    case 'close':
      await engine.close();
      return undefined;
    default:
      return request satisfies never;
  }
}

/** `PID/task/TID` is what the link says (proc(5)), by the numbers of the PID namespace that /proc was mounted in. */
function threadId(): number | undefined {
  try {
    const [pid, , id] = readlinkSync('/proc/thread-self').split('/');
    // by those of another namespace somebody else's thread would be meant
    return Number(pid) === process.pid ? Number(id) : undefined;
  } catch {
    return undefined;
  }
}

function end(port: MessagePort, timers: readonly NodeJS.Timeout[]): void {
  for (const timer of timers) clearInterval(timer);
  port.close();
}

function detailsOf(error: unknown): GatewayErrorDetails {
  if (GatewayError.is(error)) {
    const { code, message, remedy, retry } = error;
    return { code, message, remedy, retry };
  }
  return {
    code: 'MediaRelayRefused',
    message: `The media relay failed: ${error instanceof Error ? error.message : String(error)}.`,
    remedy: 'This is a defect of the relay; the message says where to look.',
    retry: 'never',
  };
}

if (parentPort !== null) start(parentPort, workerData as WorkerSettings);
