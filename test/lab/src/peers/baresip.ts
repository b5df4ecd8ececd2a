import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { tcpConnectIn } from '../socket/tcp-in.ts';
import {
  baresipAccount,
  baresipConfig,
  baresipReady,
  baresipControlPort,
  type BaresipAccount,
  type BaresipSettings,
} from './baresip-config.ts';
import { encodeNetstring, NetstringReader } from './baresip-netstring.ts';
import { peerFolder } from './peer-folder.ts';
import { startPeerProgram, type PeerProgram } from './peer-program.ts';
import { toneFile } from './tone.ts';

export interface BaresipOptions extends BaresipSettings {
  readonly namespace: NetworkNamespace;
  readonly account: BaresipAccount;
  /** What it says in a call: one sine. */
  readonly toneHertz: number;
}

/** What baresip tells of itself, such as CALL_ESTABLISHED; it has more fields than are named here. */
export interface BaresipEvent {
  readonly type: string;
  readonly direction?: 'incoming' | 'outgoing';
  readonly peeruri?: string;
  readonly param?: string;
}

interface Answer {
  readonly ok: boolean;
  readonly data: string;
  readonly token: string;
}

/** A soft phone that is not ours, with no sound card. It says one tone. Opened by {@link startBaresip}. */
export class Baresip implements AsyncDisposable {
  readonly address: string;
  readonly events: BaresipEvent[] = [];
  readonly #program: PeerProgram;
  readonly #control: Socket;
  readonly #folder: Disposable;
  readonly #arrivals = new EventEmitter();
  #orders = 0;

  constructor(address: string, program: PeerProgram, control: Socket, folder: Disposable) {
    this.address = address;
    this.#program = program;
    this.#control = control;
    this.#folder = folder;
    const reader = new NetstringReader();
    control.on('data', (bytes) => {
      for (const text of reader.push(bytes)) this.#take(JSON.parse(text) as BaresipEvent | Answer);
    });
    // it ends with the program
    control.on('error', () => undefined);
  }

  dial(uri: string): Promise<void> {
    return this.#order('dial', uri);
  }

  hangUp(): Promise<void> {
    return this.#order('hangup');
  }

  hold(): Promise<void> {
    return this.#order('hold');
  }

  resume(): Promise<void> {
    return this.#order('resume');
  }

  /** Takes an account up beside those it has; resolves once it is registered, where it has a registrar. */
  async add(account: BaresipAccount): Promise<void> {
    const before = this.events.filter(({ type }) => type === 'REGISTER_OK').length;
    await this.#order('uanew', baresipAccount(account));
    if (account.registrar !== undefined) await this.until('REGISTER_OK', before + 1);
  }

  /** Resolves once it told this type as often as said, with the last such event. Rejects with TimedOut. */
  async until(type: string, times = 1): Promise<BaresipEvent> {
    const deadline = AbortSignal.timeout(patienceMs);
    for (;;) {
      const found = this.events.filter((event) => event.type === type)[times - 1];
      if (found !== undefined) return found;
      await once(this.#arrivals, 'arrival', { signal: deadline }).catch((cause: unknown) => {
        throw this.#silent(`telling ${type} ${times} times`, cause);
      });
    }
  }

  /** Ends its calls and its registration, and then itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#send('quit', '');
    await this.#program.stop('already-asked');
    this.#control.destroy();
    this.#folder[Symbol.dispose]();
  }

  async #order(command: string, params = ''): Promise<void> {
    const token = this.#send(command, params);
    const signal = AbortSignal.timeout(patienceMs);
    const [answer] = (await once(this.#arrivals, token, { signal }).catch((cause: unknown) => {
      throw this.#silent(`${command} ${params}`, cause);
    })) as [Answer];
    if (!answer.ok) throw this.#refused(`${command} ${params}`, answer.data);
  }

  #send(command: string, params: string): string {
    this.#orders += 1;
    const token = `order-${this.#orders}`;
    this.#control.write(encodeNetstring(JSON.stringify({ command, params, token })));
    return token;
  }

  #take(told: BaresipEvent | Answer): void {
    if ('token' in told) {
      this.#arrivals.emit(told.token, told);
      return;
    }
    this.events.push(told);
    this.#arrivals.emit('arrival');
  }

  #silent(what: string, cause: unknown): LabError {
    return new LabError({
      code: 'TimedOut',
      message: `baresip at ${this.address}: ${what}: not done within ${patienceMs} ms; ${this.#told()}`,
      remedy: 'Read what it told and wrote, and the capture of its link.',
      cause,
    });
  }

  #refused(what: string, because: string): LabError {
    return new LabError({
      code: 'CommandFailed',
      message: `baresip at ${this.address}: ${what}: it refused: ${because.trim() || 'no reason'}; ${this.#told()}`,
      remedy:
        'Give it an order that this version knows, in a state in which it can be carried out.',
    });
  }

  #told(): string {
    const told = this.events.map(({ type, param = '' }) => `${type} ${param}`.trim());
    return `it told: ${told.join(', ') || 'nothing'}; it wrote: ${this.#program.output.trim().slice(-1000)}`;
  }
}

/**
 * Starts Debian's baresip on a host; resolves once it may be called, and is registered where its account has a registrar.
 * @throws LabError CommandFailed, TimedOut
 */
export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const { namespace, address, account, toneHertz } = options;
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(peerFolder());
  // without these files it writes examples of its own
  for (const name of ['accounts', 'contacts']) folder.write(name, '');
  folder.write('tone.wav', toneFile({ hertz: toneHertz, seconds: soundSeconds }));
  folder.write('config', baresipConfig(options, join(folder.path, 'tone.wav')));
  const program = opened.adopt(
    await startPeerProgram({
      namespace,
      command: 'baresip',
      args: ['-4', '-f', folder.path],
      readyText: baresipReady,
    }),
    async (each) => each.stop(),
  );
  const to = { address: '127.0.0.1', port: baresipControlPort };
  const control = opened.adopt(
    await tcpConnectIn(namespace, { to }),
    (each) => void each.destroy(),
  );
  const baresip = new Baresip(address, program, control, folder);
  await baresip.add(account);
  opened.move();
  return baresip;
}

const patienceMs = 8000;
/** Longer than any call: at the end of its file baresip falls silent. */
const soundSeconds = 60;
