import { statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ArbiterStore } from '../aws/arbiter.ts';
import { guardDynamo, kms } from '../aws/clients.ts';
import { Keys } from '../aws/keys.ts';
import { LeaseStore } from '../aws/lease.ts';
import { MemberStore } from '../aws/members.ts';
import { Records } from '../aws/records.ts';
import { BatonError } from '../core/errors.ts';
import { durationMs } from '../core/time.ts';
import { timingArithmetic } from '../core/timing.ts';
import { randomHex, systemClock } from '../runtime/clock.ts';
import { Systemctl } from '../runtime/commands.ts';
import { answerOf } from './check.ts';
import { loadGuardConfig, type GuardConfig } from './config.ts';
import type { Driver, DriverOptions } from '../chains/driver.ts';
import { forgetRecord } from '../chains/own-record.ts';
import type { GateDriver, GateDriverOptions } from '../chains/gate-driver.ts';
import { chainOf } from '../chains/registry.ts';
import { GateGuard } from './gate-guard.ts';
import { Guard } from './guard.ts';
import { lockGuard } from './lock.ts';
import { memberKeyOf } from './member-key.ts';
import { thisMachine } from './machine-facts.ts';
import { MemoryFile, placeOf } from './memory.ts';
import { ServiceNotify } from './notify.ts';
import { isDrill, refuseUnsafe } from './preflight.ts';
import { privateKeyOf } from './peers/config.ts';
import { Peers } from './peers/peers.ts';
import { Reporter } from './report.ts';
import { restart } from './restart.ts';
import { StateFile } from '../chains/state.ts';
import { keepTerm } from './term-file.ts';
import { guardVersion } from './version.ts';
import { loopLimits, Watchdog } from './watchdog.ts';

const say = (sentence: string): void => {
  process.stdout.write(`${JSON.stringify({ at: systemClock.epochMs(), guard: sentence })}\n`);
};

const diskFreeBytes = (folder: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
};

/** Without one no call would leave, and a guard that cannot read the lease is of no use: it says so at once. */
const regionOf = (config: GuardConfig): string => {
  const region = config.region ?? process.env['AWS_REGION'];
  if (region !== undefined && region !== '') return region;
  throw new BatonError('ConfigInvalid', 'region is not set: expected the Region of the lease table', {
    field: 'region',
    fix: 'Add "region" to the configuration of the guard.',
  });
};

const longestRestartMs = durationMs(30_000);
let saidWaiting = false;

/** At start without an answer from the table: it holds nothing and waits, which is no hang that systemd must end. */
const waitsForTable = (watchdog: Watchdog): void => {
  watchdog.feed();
  if (!saidWaiting) say('The table gives no answer yet; nothing is held or signed until it does.');
  saidWaiting = true;
};

/** What the guard of either custody stands on. */
const partsOf = (config: GuardConfig, notify: ServiceNotify) => {
  const region = regionOf(config);
  const table = { client: guardDynamo(config.timing.readTimeoutMs, { region }), table: config.table };
  const records = new Records(table);
  const keys = new Keys({ client: kms({ region }), keyId: config.keyId });
  const state = new StateFile(join(config.paths.stateDir, 'watermark.json'));
  const watchdog = new Watchdog({
    clock: systemClock,
    limits: loopLimits(config.timing),
    say,
    feed: () => {
      notify.send('WATCHDOG=1');
    },
  });
  const reporter = new Reporter({
    config,
    clock: systemClock,
    writer: randomHex(16),
    memory: new MemoryFile({ stateDir: config.paths.stateDir, place: placeOf() }),
    forget: () => {
      state.remove();
      forgetRecord(config.paths.stateDir);
    },
    read: (signal) => records.readReport(config.validator, config.node, signal),
    write: (report, over, signal) => records.writeReport(report, over, signal),
    mark: (report, rival, signal) => records.markRival(report, rival, signal),
    diskFreeBytes: () => diskFreeBytes(config.paths.stateDir),
    pause: (signal) => {
      waitsForTable(watchdog);
      return systemClock.sleep(durationMs(500), signal);
    },
    timeout: () => systemClock.timeout(config.timing.readTimeoutMs),
  });
  return { table, keys, state, watchdog, reporter };
};

const guardOf = (config: GuardConfig, notify: ServiceNotify, driverOf: (options: DriverOptions) => Driver): Guard => {
  const { table, keys, state, watchdog, reporter } = partsOf(config, notify);
  const lease = new LeaseStore(table);
  const { peers } = config;
  return new Guard({
    config,
    peers: peers && new Peers({ config: { ...config, peers }, clock: systemClock, reporter, privateKey: privateKeyOf(peers.keyFile), say }),
    clock: systemClock,
    reporter,
    say,
    driver: (maySign) => driverOf({ config, state, clock: systemClock, systemctl: new Systemctl({ timeoutMs: config.timing.stopMs }), maySign }),
    keepTerm: (term) => {
      keepTerm(config.paths.stateDir, term);
    },
    readLease: (signal) => lease.read(config.validator, signal),
    peekLease: (signal) => lease.peek(config.validator, signal),
    openKey: (found, signal) => {
      if (!found.sealed || found.sealed.node !== config.node || found.sealed.term !== found.term) {
        throw new BatonError('KeyMissing', `no key is sealed for this node in term ${found.term}`, { fix: `baton failover ${config.validator}` });
      }
      return keys.open({ sealed: found.sealed, validator: config.validator }, signal);
    },
    onCycle: (loop) => {
      watchdog.beat(loop);
    },
    // Not before: what systemd starts after the guard must not find an earlier life still signing.
    onDemoted: () => {
      notify.send('READY=1');
    },
  });
};

/** Custody `gate`: the key while this node is a member; every signature is the arbiter's to decide. */
const gateGuardOf = (
  config: GuardConfig,
  notify: ServiceNotify,
  { driverOf, publicKey }: { driverOf: (options: GateDriverOptions) => GateDriver; publicKey: string | null },
): GateGuard => {
  const { table, keys, state, watchdog, reporter } = partsOf(config, notify);
  const [arbiter, members] = [new ArbiterStore(table), new MemberStore(table)];
  const { validator, node } = config;
  return new GateGuard({
    config,
    clock: systemClock,
    reporter,
    say,
    driver: (maySign) =>
      driverOf({
        config,
        state,
        clock: systemClock,
        maySign,
        claim: (claim, signal) => arbiter.claim(claim, signal),
        look: ({ validator: of, lane }, signal) => arbiter.read(of, signal, lane),
      }),
    readMember: (signal) => members.read(validator, node, signal),
    openKey: memberKeyOf({ config, keys, publicKey }),
    onCycle: (loop) => {
      watchdog.beat(loop);
    },
    onDemoted: () => {
      notify.send('READY=1');
    },
  });
};

/** For planned work beside the guard that runs: it activates and demotes nothing. */
const driverFor = async (config: GuardConfig): Promise<Driver> => {
  const driverOf = await chainOf({ id: config.validator, chain: config.chain }).driver();
  const state = new StateFile(join(config.paths.stateDir, 'watermark.json'));
  return driverOf({ config, state, clock: systemClock, systemctl: new Systemctl({ timeoutMs: config.timing.stopMs }), maySign: () => false });
};

/** The guard of the custody that its file names. */
const guardFor = async (config: GuardConfig, notify: ServiceNotify): Promise<Pick<Guard, 'run'>> => {
  const chain = chainOf({ id: config.validator, chain: config.chain });
  if (config.custody === 'gate' && chain.gateDriver) {
    const [driverOf, publicKey] = [await chain.gateDriver(), chain.publicKeyOf(config.chain)];
    return gateGuardOf(config, notify, { driverOf, publicKey });
  }
  return guardOf(config, notify, await chain.driver());
};

const main = async (): Promise<void> => {
  const asked = {
    version: { type: 'boolean' },
    'check-config': { type: 'string' },
    'key-file': { type: 'string', multiple: true },
    'held-here': { type: 'string' },
    restart: { type: 'string' },
  } as const;
  const { values } = parseArgs({ options: { config: { type: 'string' }, ...asked } });
  const answer = await answerOf(values, () => systemClock.timeout(durationMs(5_000)), guardVersion);
  if (answer !== null) {
    process.stdout.write(answer);
    return;
  }
  const configFile = resolve(values.config ?? '/etc/baton/validator.json');
  const config = loadGuardConfig(configFile);
  if (values.restart !== undefined) {
    say(await restart({ config, how: values.restart, driver: await driverFor(config) }, systemClock.timeout(longestRestartMs)));
    return;
  }
  const notify = new ServiceNotify();
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      controller.abort();
    });
  say(`Guard of ${config.validator} on ${config.node}: ${timingArithmetic(config.timing).sentence}`);
  if (isDrill(config, process.env['BATON_ROOT'])) say('A drill: the machine is not looked at.');
  else await refuseUnsafe({ config, configFile, as: 'guard', machine: thisMachine });
  await lockGuard({ validator: config.validator, node: config.node, root: process.env['BATON_ROOT'] ?? '/' });
  const guard = await guardFor(config, notify);
  await guard.run(controller.signal);
  notify.send('STOPPING=1');
  say('Stopped: holds nothing.');
};

main().catch((error: unknown) => {
  say(error instanceof BatonError ? `${error.code}: ${error.message} Next: ${error.fix}` : `Unexpected: ${String(error)}`);
  // Open connections would keep a guard alive that guards nothing; the validator's unit ends with it.
  process.exit(1);
});
