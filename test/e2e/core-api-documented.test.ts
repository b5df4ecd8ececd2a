import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** In a report each declaration has what the compiler says of its documentation in the lines before it. */
function undocumentedIn(report: string): string[] {
  const lines = report.split('\n');
  return lines.flatMap((line, index) => {
    const [, name] =
      /^export (?:abstract )?(?:function|class|const|interface|type) (\w+)/.exec(line) ?? [];
    if (name === undefined) return [];
    const above = lines.slice(0, index).toReversed();
    const comment = above.slice(
      0,
      above.findIndex((one) => !one.startsWith('//')),
    );
    return comment.some((one) => one.includes('(undocumented)')) ? [name] : [];
  });
}

describe.each(['core', 'core.testing'])('the API report of %s', (name) => {
  it('has nothing that can be imported and is not documented', async () => {
    const path = join(import.meta.dirname, `../../docs/api/${name}.api.md`);
    expect(undocumentedIn(await readFile(path, 'utf8'))).toEqual([]);
  });
});

it('what is not documented would be found', () => {
  expect(undocumentedIn('x\n\n// @public (undocumented)\nexport type A = 1;\n\n')).toEqual(['A']);
  expect(undocumentedIn('x\n\n// @public\nexport type A = 1;\n')).toEqual([]);
});
