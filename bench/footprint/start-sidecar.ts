import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { runIn } from '@truetuple/lab';
import type { ReadyWorld } from '../identity/ready-world.ts';
import type { SidecarSetting } from './sidecar-child.ts';
import type { Way } from './way.ts';

/** The bundled sidecar, and where it keeps what it compiled. */
export interface Program {
  readonly file: string;
  readonly compileCache: string;
}

export interface Start {
  readonly way: Way;
  readonly keepIntervalMs: number;
  /** More options of Node. */
  readonly options?: readonly string[];
  /** More arguments of the program, which it does not read. */
  readonly more?: readonly string[];
}

/** Starts the sidecar in the pod. */
export function startSidecar(world: ReadyWorld, program: Program, start: Start): ChildProcess {
  const { way, keepIntervalMs, options = [], more = [] } = start;
  const { heldFlags } = way;
  const setting: SidecarSetting = { ...world.setting, keepIntervalMs, heldFlags };
  const args = [...way.options, ...options, program.file, JSON.stringify(setting), ...more];
  const cache = way.isCompiled ? { NODE_COMPILE_CACHE: program.compileCache } : {};
  return runIn(world.pod.namespace, process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...way.environment, ...cache },
  });
}

/** Awaits what a sidecar is about to do. @throws Error when it ends instead. */
export async function until(
  sidecar: ChildProcess,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  while (!(await isSo())) {
    if (sidecar.exitCode !== null) throw new Error('The sidecar ended: its error is above.');
    await delay(5);
  }
}

/** Ends a sidecar, which gives back what it holds. @throws Error when it does not. */
export async function endSidecar(sidecar: ChildProcess, world: ReadyWorld): Promise<void> {
  const ended = once(sidecar, 'exit') as Promise<[number | null]>;
  sidecar.kill('SIGTERM');
  const [code] = await ended;
  if (code !== 0) throw new Error(`The sidecar ended with ${code}: its error is above.`);
  if (world.associated().length > 0) throw new Error('The sidecar gave back nothing.');
  await world.reset();
}
