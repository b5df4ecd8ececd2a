import { readFile } from 'node:fs/promises';
import { configInvalid, lineIn, readConfig } from '../config/config.ts';
import type { GatewayConfig } from '../config/shape.ts';
import { GatewayError } from '../errors.ts';

/** Reads an IdentitySpec, and throws when it is none. */
export type CheckSpec = (spec: unknown) => void;

/** Parts of the spec's owner that stand in files are read in `pod`; elsewhere they are not there. */
export type OwnerFiles = 'read' | 'skip';

/**
 * The configuration in a file, its identity spec included.
 *
 * @throws GatewayError ConfigInvalid, naming file, line and path
 */
export async function loadConfig(
  file: string,
  checkSpec: CheckSpec,
  ownerFiles: OwnerFiles,
): Promise<GatewayConfig> {
  const text = await readText(file, 'The configuration');
  const config = readConfig(text, file);
  if (config.identity.kind === 'file') return config;
  const spec = await withOwner(config.identity.spec, ownerFiles);
  try {
    checkSpec(spec);
  } catch (error) {
    const line = lineIn(text, ['identity', 'spec']);
    const what = error instanceof Error ? error.message : String(error);
    throw configInvalid(file, [{ line, path: 'identity.spec', what: `is refused: ${what}` }]);
  }
  return { ...config, identity: { ...config.identity, spec } };
}

/** Takes the parts of the owner that are `{ file: PATH }` from their files. */
async function withOwner(
  spec: Readonly<Record<string, unknown>>,
  ownerFiles: OwnerFiles,
): Promise<Readonly<Record<string, unknown>>> {
  const { owner } = spec;
  if (typeof owner !== 'object' || owner === null) return spec;
  const parts: (readonly [string, unknown])[] = [];
  // one after the other: of several that are missing the first is named
  for (const [name, part] of Object.entries(owner)) {
    const file: unknown = (part as { file?: unknown } | null)?.file;
    if (typeof file !== 'string') parts.push([name, part]);
    else if (ownerFiles === 'skip') parts.push([name, 'in-a-file']);
    else parts.push([name, (await readText(file, `The owner's ${name}`)).trim()]);
  }
  return { ...spec, owner: Object.fromEntries(parts) };
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new GatewayError({
      code: 'ConfigInvalid',
      message: `${what} was to be read from ${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Mount the file there, or name another.',
      retry: 'never',
      cause,
    });
  }
}
