import { readFile, stat } from 'node:fs/promises';
import { GatewayError } from '../errors.ts';
import { readCalls, readPcap, renderLadder } from '../ladder/ladder.ts';
import type { Command } from './command-line.ts';

/** What is read into memory at most. */
const mostBytes = 1024 ** 3;

/**
 * A capture file as text.
 *
 * @throws GatewayError CaptureInvalid
 */
export async function drawLadder(command: Command & { readonly kind: 'ladder' }): Promise<string> {
  const { file, callId, isJson, isAscii, isApart, width, names, publicAddresses } = command;
  const datagrams = readPcap(await readWhole(file));
  const options = {
    names,
    publicAddresses,
    ...(callId === undefined ? {} : { callId }),
    ...(isApart ? { legs: 'apart' as const } : {}),
  };
  if (isJson) return `${JSON.stringify(readCalls(datagrams, options), undefined, 2)}\n`;
  const charset = isAscii ? 'ascii' : 'unicode';
  return `${renderLadder(datagrams, { ...options, width, charset }).join('\n')}\n`;
}

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size <= mostBytes) return await readFile(file);
  } catch (cause) {
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  throw unreadable(file, `it has more than ${mostBytes} bytes`, undefined);
}

function unreadable(file: string, because: string, cause: unknown): GatewayError {
  return new GatewayError({
    code: 'CaptureInvalid',
    message: `The capture ${file} was to be read: ${because}.`,
    remedy:
      cause === undefined
        ? 'Cut it with editcap, or capture with a filter.'
        : 'Give the path of a pcap or pcapng file that this user may read.',
    retry: 'never',
    cause,
  });
}
