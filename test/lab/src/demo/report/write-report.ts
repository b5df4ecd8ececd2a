import { writeFile } from 'node:fs/promises';
import { DemoError } from '../demo-error.ts';
import type { DemoReport } from './report.ts';

/** Writes the report as JSON. */
export async function writeReport(file: string, report: DemoReport): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  } catch (cause) {
    throw new DemoError({
      code: 'ReportUnwritable',
      message: `could not write the report to ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Give --json a path in a folder that can be written.',
      cause,
    });
  }
}
