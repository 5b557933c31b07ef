import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTemplate } from '../../local/template/index.ts';
import { budgetOf, bundleFindings, loadFindings, type Built } from './bundles.ts';
import { checkovFindings, checkovReport, lintIgnoreFindings, type CheckovReport } from './checkov.ts';
import { deployments, resolved } from './deployments.ts';
import { codesOf } from './finding.ts';
import { serviceFindings, servicesOf } from './services.ts';
import { checkovSkips, lintIgnores, type Skip } from './skips.ts';

/** What tools outside of Node report, as it is judged here. */

const root = join(import.meta.dirname, '..', '..');

describe('checkov', () => {
  const skips: Skip[] = [
    { check: 'CKV_AWS_115', resources: ['*Function'], reason: 'Reserved concurrency is taken from the whole account.' },
    { check: 'CKV_AWS_33', resources: ['TableKey'], reason: 'Everybody of this account, through three services alone.' },
  ];
  const failed = [
    { check_id: 'CKV_AWS_115', check_name: 'concurrency', resource: 'AWS::Serverless::Function.WatchFunction' },
    { check_id: 'CKV_AWS_33', check_name: 'principal', resource: 'AWS::KMS::Key.TableKey' },
  ];
  const report = (change: Partial<CheckovReport['summary']>, checks = failed): CheckovReport => ({
    results: { failed_checks: checks },
    summary: { passed: 10, failed: checks.length, skipped: 0, parsing_errors: 0, resource_count: 2, ...change },
  });
  test('what is explained is taken', () => {
    expect(checkovFindings(report({}), skips)).toEqual([]);
  });
  test.each<[string, CheckovReport, Skip[], string[]]>([
    ['what nobody explained', report({}), skips.slice(0, 1), ['CheckovFailed CKV_AWS_33 TableKey']],
    [
      'the same of another resource',
      report({}, [...failed, { check_id: 'CKV_AWS_33', check_name: 'principal', resource: 'AWS::KMS::Key.CustodyKey' }]),
      skips,
      ['CheckovFailed CKV_AWS_33 CustodyKey'],
    ],
    ['a skip in vain', report({}, failed.slice(0, 1)), skips, ['SkipNotNeeded CKV_AWS_33 TableKey']],
    ['a skip in the template', report({ skipped: 1 }), skips, ['SkipElsewhere template']],
    ['a template that was not read', report({ parsing_errors: 1 }), skips, ['CheckovUnread template']],
    ['a template in which nothing was looked at', report({ passed: 0 }), skips, ['CheckovUnread template']],
    [
      'a skip without a reason',
      report({}),
      skips.map((skip) => ({ ...skip, reason: 'Later.' })),
      ['SkipWithoutReason CKV_AWS_115', 'SkipWithoutReason CKV_AWS_33'],
    ],
  ])('%s', (_, found, given, codes) => {
    expect(codesOf(checkovFindings(found, given))).toEqual(codes);
  });
  test('every skip says why', () => {
    expect(checkovSkips.filter(({ reason }) => reason.length < 60).map(({ check }) => check)).toEqual([]);
  });
  test('another shape of report is refused', () => {
    expect(() => checkovReport('[]')).toThrow('expected object');
    expect(() => checkovReport('{"results":{}}')).toThrow('failed_checks');
  });
});

describe('rules of cfn-lint that the template switches off', () => {
  const { tree } = loadTemplate(join(root, 'template.yaml'));
  test('are the explained ones', () => {
    expect(lintIgnoreFindings(tree, lintIgnores)).toEqual([]);
  });
  test('one that nobody explained, and one explained in vain', () => {
    expect(codesOf(lintIgnoreFindings(tree, [{ check: 'W1031', resources: ['FenceRole'], reason: 'x' }]))).toEqual([
      'IgnoreUnexplained W1031 WatchRole',
      'IgnoreGone W1031 FenceRole',
    ]);
  });
});

describe('clients and permissions', () => {
  const services = new Map([
    ['settle', ['dynamodb', 'logs', 'xray']],
    ['watch', ['dynamodb', 'kms', 'logs', 'sns', 'states', 'xray']],
  ]);
  const client = (...names: readonly string[]): string[] => names.map((name) => `@aws-sdk/client-${name}`);
  test('fit', () => {
    const built = [
      { name: 'settle', packages: client('dynamodb') },
      { name: 'watch', packages: client('dynamodb', 'sfn', 'sns') },
    ];
    expect(serviceFindings(built, services)).toEqual([]);
  });
  test('a client without a permission, a permission without a client', () => {
    expect(codesOf(serviceFindings([{ name: 'settle', packages: client('dynamodb', 'ec2') }], services))).toEqual(['ClientWithoutPermission settle']);
    expect(codesOf(serviceFindings([{ name: 'watch', packages: client('dynamodb', 'sfn') }], services))).toEqual(['PermissionWithoutClient watch']);
    expect(codesOf(serviceFindings([{ name: 'new', packages: client('dynamodb') }], services))).toEqual(['ClientWithoutPermission new']);
  });
  test('are read from the template', () => {
    const [home] = deployments;
    if (!home) throw new Error('there is no deployment');
    const found = servicesOf(resolved(loadTemplate(join(root, 'template.yaml')), home));
    expect(found.get('settle')).toEqual(['dynamodb', 'logs', 'xray']);
    expect(found.size).toBe(16);
  });
});

describe('bundles', () => {
  const budget = budgetOf('{"settle":{"maxBytes":1000,"clients":["dynamodb"]}}');
  const settle: Built = { name: 'settle', file: '/none/settle.mjs', bytes: 900, packages: ['@aws-sdk/client-dynamodb', 'zod'] };
  const development = ['dynalite', '@cloud-copilot/iam-simulate'];
  test('within its budget', () => {
    expect(bundleFindings([settle], budget, development)).toEqual([]);
  });
  test.each<[string, Built[], string[]]>([
    ['too large', [{ ...settle, bytes: 1001 }], ['BundleTooLarge settle']],
    ['so small that the budget is loose', [{ ...settle, bytes: 799 }], ['BudgetTooLoose settle']],
    ['a client it does not need', [{ ...settle, packages: [...settle.packages, '@aws-sdk/client-kms'] }], ['ClientNotNeeded settle']],
    ['a client it lost', [{ ...settle, packages: ['zod'] }], ['ClientGone settle']],
    ['a package for development', [{ ...settle, packages: [...settle.packages, 'dynalite'] }], ['DevelopmentPackage settle']],
    ['a function without a budget', [settle, { ...settle, name: 'verify' }], ['BundleWithoutBudget verify']],
    ['a budget without a function', [], ['BundleMissing settle']],
  ])('%s', (_, built, codes) => {
    expect(codesOf(bundleFindings(built, budget, development))).toEqual(codes);
  });
  describe('each is loaded', () => {
    const load = (...texts: readonly string[]): string[] => {
      const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
      try {
        const made = texts.map((text, index) => {
          const file = join(folder, `${index}.mjs`);
          writeFileSync(file, text);
          return { ...settle, name: `f${index}`, file };
        });
        return codesOf(loadFindings(made, {}));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    };
    test('and its handler told from what is none', () => {
      expect(
        load(
          'export const handler = async (event, context) => 1;',
          'export const main = () => 1;',
          'export const handler = (event, context, callback) => callback();',
          'export const handler = 1;',
        ),
      ).toEqual(['BundleWithoutHandler f1', 'HandlerWithCallback f2', 'BundleWithoutHandler f3']);
    });
    test('and one that does not load is found', () => {
      expect(load("import 'nothing-of-this-name'; export const handler = () => 1;")).toEqual(['BundleBroken bundles']);
    });
  });
  test('every function of the template has a budget, and DynamoDB alone is in all of them', () => {
    const real = budgetOf(readFileSync(join(import.meta.dirname, 'bundle-budget.json'), 'utf8'));
    expect(Object.keys(real).sort()).toEqual([
      'alert-test',
      'announce',
      'answer',
      'assess',
      'console',
      'drill',
      'fence',
      'fence-test',
      'reinstate',
      'rejoin',
      'relay',
      'release-key',
      'request-approval',
      'settle',
      'slack',
      'start-on-alarm',
      'survey',
      'take-term',
      'verify',
      'watch',
    ]);
    // The right to use a key is with those two alone that release one.
    const withKms = Object.entries(real).filter(([, { clients }]) => clients.includes('kms'));
    expect(withKms.map(([name]) => name)).toEqual(['reinstate', 'release-key']);
  });
});
