import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import type { Entry } from './entries.ts';

/** What API Extractor says of one entry. */
export interface ApiReport {
  /** Every exported declaration with its members, sorted by name. */
  readonly text: string;
  /** Names of types that a user meets and cannot import from this entry. */
  readonly forgotten: readonly string[];
  /** Exports that have no TSDoc. */
  readonly undocumented: readonly string[];
}

const reportName = 'entry.api.md';

/**
 * Reads the declarations of one entry, which `tsc -b` must have written.
 *
 * @throws what API Extractor throws when they are not there or do not compile
 */
export function apiReport(root: string, { folder, declarations }: Entry): ApiReport {
  const reportTempFolder = mkdtempSync(join(tmpdir(), 'truetuple-api-'));
  const forgotten: string[] = [];
  try {
    const config = ExtractorConfig.prepare({
      packageJsonFullPath: join(folder, 'package.json'),
      configObjectFullPath: undefined,
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: declarations,
        compiler: { overrideTsconfig: tsconfigFor(root, declarations) },
        apiReport: {
          enabled: true,
          includeForgottenExports: true,
          reportFileName: reportName,
          reportFolder: reportTempFolder,
          reportTempFolder,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        newlineKind: 'lf',
        messages: {
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          extractorMessageReporting: {
            default: { logLevel: ExtractorLogLevel.None },
            'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning },
          },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
    });
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        const name = /The symbol "(\w+)"/.exec(message.text)?.[1];
        if (message.messageId === 'ae-forgotten-export' && name !== undefined) forgotten.push(name);
        // an error is thrown by what follows; the rest is for whoever runs the tool by itself
        message.handled = message.logLevel !== ExtractorLogLevel.Error;
      },
    });
    const text = readFileSync(join(reportTempFolder, reportName), 'utf8');
    return {
      text: withoutWarnings(text),
      forgotten: forgotten.filter((name) => isType(text, name)),
      undocumented: undocumentedIn(text),
    };
  } finally {
    rmSync(reportTempFolder, { recursive: true, force: true });
  }
}

function tsconfigFor(root: string, declarations: string): object {
  return {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    files: [declarations],
  };
}

/** A table of constants whose keys are what a user writes need not be imported. */
function isType(text: string, name: string): boolean {
  return new RegExp(`^(?:interface|type|class) ${name}\\b`, 'm').test(text);
}

/** They name lines of files, which move with every change. */
function withoutWarnings(text: string): string {
  return text
    .replace(/(?:^\/\/ Warnings were encountered during analysis:\n(?:^\/\/.*\n)*)/m, '')
    .replace(/^\/\/ Warning: .*\n/gm, '');
}

/** Names of the exports that have no TSDoc, members apart. */
function undocumentedIn(text: string): readonly string[] {
  const found = text.matchAll(
    /^\/\/ @\w+ .*\(undocumented\)\nexport (?:declare )?(?:abstract )?\w+ (\w+)/gm,
  );
  return Array.from(found, ([, name = '']) => name);
}
