import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { runParallel } from './run-parallel.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

it('replays a seed with a safety rule switched off: what failed among many fails alone', async () => {
  const [{ name, foundFrom } = { name: '', foundFrom: 1 }] = mutants;
  const run = { first: foundFrom, seeds: 2000, workers: 1, chunk: 1, stopsAtFailure: true };
  const [failed] = (await runParallel({ ...run, mutant: name })).failed;
  const args = ['-C', 'truetuple-source', program, '--seed', `${failed?.seed}`, '--mutant', name];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  for (const violation of failed?.violations ?? []) expect(stdout).toContain(violation);
  expect(stdout).toMatch(/^VIOLATED /mu);
  expect(status).toBe(1);
}, 120_000);
