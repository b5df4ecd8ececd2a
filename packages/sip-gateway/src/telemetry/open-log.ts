import { writeSync } from 'node:fs';
import { pino, type Logger } from 'pino';
import type { LogLevel } from '../config/shape.ts';

/** Between two attempts at a pipe that is full and does not block. */
const againMs = 10;

/**
 * The log of this process: JSON lines, each written before the call returns. A line that cannot be written, for a disk that is full or a
 * pipe that nobody reads, is lost, and nothing is thrown for it: calls go on. (pino's own destination throws once, and does not return
 * from `fatal` as long as the disk is full.)
 */
export function openLog(level: LogLevel, fd = 1): Logger {
  return pino({ level, base: null }, { write: (line) => writeLine(fd, Buffer.from(line)) });
}

function writeLine(fd: number, line: Uint8Array): void {
  let left = line;
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, againMs);
    }
  }
}
