// truetuple-gateway: the one place that names the environment, the process, and @truetuple/core's functions.
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import {
  CoreError,
  ensurePublicIdentity,
  filePublisher,
  parseIdentitySpec,
  type IdentitySpecInput,
  type KeepEvent,
} from '@truetuple/core';
import { avoidPretenuring, copyEnvironment } from '@truetuple/sip-engine';
import type { Command } from './commands/command-line.ts';
import { drawLadder } from './commands/draw-ladder.ts';
import { exitCodes, type ExitCode } from './commands/exit-code.ts';
import { helpText } from './commands/help-text.ts';
import { followIdentityFile } from './commands/identity-file.ts';
import { keptIdentity } from './commands/kept-identity.ts';
import { loadConfig } from './commands/load-config.ts';
import { runGateway } from './commands/run-gateway.ts';
import type { StopWish } from './commands/stop-signals.ts';
import type { TakenIdentity } from './commands/taken-identity.ts';
import type { IdentityConfig } from './config/shape.ts';
import { GatewayError } from './errors.ts';
import { createGateway } from './gateway.ts';
import { openLog } from './telemetry/open-log.ts';

/** Carries a command out; `stop` is for the one that goes on until somebody wishes its end. */
export async function main(command: Command, stop: StopWish): Promise<ExitCode> {
  try {
    return await carryOut(command, stop);
  } catch (error) {
    if (!GatewayError.is(error) && !CoreError.is(error)) throw error;
    process.stderr.write(`truetuple-gateway: ${error.message}\n${error.remedy}\n`);
    return exitCodes.refused;
  }
}

async function carryOut(command: Command, stop: StopWish): Promise<ExitCode> {
  switch (command.kind) {
    case 'help':
      process.stdout.write(helpText);
      return exitCodes.asked;
    case 'version':
      process.stdout.write(`${version()}\n`);
      return exitCodes.asked;
    case 'wrong':
      process.stderr.write(
        `truetuple-gateway: ${command.because}\nTry truetuple-gateway --help.\n`,
      );
      return exitCodes.refused;
    case 'check-config':
      await loadConfig(command.file, parseIdentitySpec, 'skip');
      process.stdout.write(`${command.file}: fine\n`);
      return exitCodes.asked;
    case 'ladder':
      await ladder(command);
      return exitCodes.asked;
    case 'run':
      return run(command.config, stop);
    default:
      return command satisfies never;
  }
}

async function ladder(command: Command & { readonly kind: 'ladder' }): Promise<void> {
  const { text, note } = await drawLadder(command);
  // whoever reads may have seen enough: `| head`
  process.stdout.on('error', () => undefined);
  process.stdout.write(text);
  if (note !== undefined) process.stderr.write(`truetuple-gateway: ${note}\n`);
}

async function run(file: string, stop: StopWish): Promise<ExitCode> {
  avoidPretenuring();
  copyEnvironment();
  const config = await loadConfig(file, parseIdentitySpec, 'read');
  const log = openLog(config.log.level);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a defect');
    stop.stop({ kind: 'defect', error });
  });
  const parts = {
    log,
    stop,
    environment: process.env,
    createGateway,
    takeIdentity: (signal: AbortSignal, onKeepEvent: (event: KeepEvent) => void) =>
      takeIdentity(config.identity, { log, signal, onKeepEvent }),
  };
  return runGateway(parts, config);
}

interface Taking {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onKeepEvent: (event: KeepEvent) => void;
}

async function takeIdentity(
  identity: IdentityConfig,
  { log, signal, onKeepEvent }: Taking,
): Promise<TakenIdentity> {
  if (identity.kind === 'file') {
    const { directory, waitMs } = identity;
    const publisher = filePublisher(directory);
    return followIdentityFile(() => publisher.current(), { directory, waitMs, signal });
  }
  // loadConfig had parseIdentitySpec read it
  const held = await ensurePublicIdentity(identity.spec as unknown as IdentitySpecInput, {
    signal,
    onStep: (step) => log.debug({ step }, 'a step of the identity'),
  });
  return keptIdentity(held, { intervalMs: identity.keepIntervalMs, onEvent: onKeepEvent });
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
