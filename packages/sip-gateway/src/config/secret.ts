import { readFile } from 'node:fs/promises';
import type { SecretSource } from './shape.ts';
import { GatewayError } from '../errors.ts';
import { isSecret } from '../gateway-options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A secret from where the configuration says that it is; never in the configuration itself. A line end at its end is left out.
 *
 * @throws GatewayError ConfigInvalid
 */
export async function readSecret(from: SecretSource, environment: Environment): Promise<string> {
  const secret = 'env' in from ? environment[from.env] : await readText(from.file);
  const trimmed = secret?.replace(/\r?\n$/u, '');
  if (isSecret(trimmed)) return trimmed;
  const where = 'env' in from ? `the environment variable ${from.env}` : from.file;
  throw noSecret(where, trimmed ? 'it has |, CR or LF in it' : 'there is none');
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw noSecret(file, error instanceof Error ? error.message : String(error), error);
  }
}

function noSecret(where: string, because: string, cause?: unknown): GatewayError {
  return new GatewayError({
    code: 'ConfigInvalid',
    message: `A secret was to be read from ${where}: ${because}.`,
    remedy: 'Set the variable or mount the file that `secretFrom` names.',
    retry: 'never',
    cause,
  });
}
