// npm run api: compares what the packages export with the reports in docs/api. npm run api:update: writes them.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { entriesOf } from './entries.ts';
import { apiReport } from './report.ts';

const root = join(import.meta.dirname, '..', '..');
const isUpdate = process.argv.includes('--update');
const complaints: string[] = [];
const entries = entriesOf(root);
const reports = entries.map((entry) => ({ entry, report: apiReport(root, entry) }));

/**
 * What one function of ours hands to another: a user passes it on and has no need to name it. Plans of netlink operations,
 * the lanes inside of a governor, packets of npm's node-netlink.
 */
const passedOn: ReadonlySet<string> = new Set([
  'BatchAnswers',
  'Exchange',
  'KernelAnswer',
  'LaneParts',
  'OnMessage',
  'Packet',
  'RequestLane',
  'Told',
  'Waiter',
]);

/** Whether another entry of the same package exports it. */
function isExportedBeside(folder: string, name: string): boolean {
  const exported = new RegExp(`^export .*\\b${name}\\b`, 'm');
  return reports.some(({ entry, report }) => entry.folder === folder && exported.test(report.text));
}

for (const { entry, report } of reports) {
  const { text, forgotten, undocumented } = report;
  const file = relative(root, entry.report);
  for (const name of forgotten) {
    if (passedOn.has(name) || isExportedBeside(entry.folder, name)) continue;
    complaints.push(`${entry.specifier}: ${name} is in what it exports, and cannot be imported`);
  }
  for (const name of undocumented) complaints.push(`${entry.specifier}: ${name} has no TSDoc`);
  if (isUpdate) {
    mkdirSync(dirname(entry.report), { recursive: true });
    writeFileSync(entry.report, text);
  } else if (!existsSync(entry.report) || readFileSync(entry.report, 'utf8') !== text) {
    complaints.push(
      `${entry.specifier}: what it exports is not what ${file} says. ` +
        'If the change is meant, run: npm run api:update; the difference of that file is what users will notice.',
    );
  }
}

const known = new Set(entries.map(({ report }) => report));
for (const file of globSync('docs/api/*.api.md', { cwd: root })) {
  const path = join(root, file);
  if (known.has(path)) continue;
  if (isUpdate) rmSync(path);
  else complaints.push(`${file} is of no entry; npm run api:update takes it away.`);
}

for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
