import process from 'node:process';

/**
 * For the program of a SIP server, before all else: puts a copy in the place of `process.env`. Node asks the C library at each
 * read of that object, under a lock, and makes a string anew; drachtio-srf reads it for every header of every message.
 *
 * It holds for the main thread, for good. Who reads `process.env` reads the copy; processes and threads that are started later get
 * it as it is then. What native code sets in the environment afterwards is not seen, what JavaScript sets is not seen by native
 * code (the time zone `TZ`, say), and a value that is no string stays what it is. So no engine does it by itself.
 */
export function copyEnvironment(): void {
  process.env = { ...process.env };
}
