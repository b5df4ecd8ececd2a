import { readFile, stat } from 'node:fs/promises';
import { GatewayError } from '../errors.ts';
import { readCalls, renderLadder } from '../ladder/ladder.ts';
import { readCapture } from '../ladder/pcap/read-pcap.ts';
import type { Command } from './command-line.ts';

/** What is read into memory at most. */
const mostBytes = 1024 ** 3;

/** A capture file as text. */
export interface DrawnLadder {
  readonly text: string;
  /** What whoever reads it has to know besides. */
  readonly note: string | undefined;
}

/**
 * Draws a capture file, or tells it as JSON.
 *
 * @throws GatewayError CaptureInvalid
 */
export async function drawLadder(
  command: Command & { readonly kind: 'ladder' },
): Promise<DrawnLadder> {
  const { file, callId, isJson, isAscii, isApart, width, names, publicAddresses } = command;
  const { datagrams, cutOffAt } = readCapture(await readWhole(file));
  const note =
    cutOffAt === undefined
      ? undefined
      : `${file} is cut off: it ends within the packet that begins at byte ${cutOffAt}, which is left out, and what came later is missing.`;
  const options = {
    names,
    publicAddresses,
    ...(callId === undefined ? {} : { callId }),
    ...(isApart ? { legs: 'apart' as const } : {}),
  };
  if (isJson) {
    return { text: `${JSON.stringify(readCalls(datagrams, options), undefined, 2)}\n`, note };
  }
  const charset = isAscii ? 'ascii' : 'unicode';
  const lines = renderLadder(datagrams, { ...options, width, charset });
  return { text: `${lines.join('\n')}\n`, note };
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
